import {defineConfig} from 'vitest/config';

/** Suites on real processes and sockets share a machine with them: what fails once is tried again, and named as such. */
const retry = 1;

/** One project a suite: `unit` is what `npm test` runs, the others need more than a checkout. */
export default defineConfig({
	test: {
		reporters: ['default', './test/cluster/skipped-suites.ts'],
		projects: [
			{
				test: {
					name: 'unit',
					include: ['test/**/*.test.{ts,tsx}'],
					exclude: ['test/cluster/**', 'test/contract/**', 'test/live/**', 'test/pty/**'],
					testTimeout: 20_000,
				},
			},
			{test: {name: 'contract', retry, include: ['test/contract/**/*.test.ts'], testTimeout: 60_000}},
			// Side by side: each has clusters of its own, and most of what they do is wait for them.
			{
				test: {
					name: 'cluster',
					retry,
					include: ['test/cluster/**/*.test.ts'],
					exclude: ['test/cluster/hpa-live.test.ts'],
					testTimeout: 900_000,
					hookTimeout: 3_600_000,
					maxWorkers: 3,
					sequence: {groupOrder: 1},
				},
			},
			// By itself: it counts what a controller does within seconds.
			{
				test: {
					name: 'hpa-live',
					retry,
					include: ['test/cluster/hpa-live.test.ts'],
					testTimeout: 900_000,
					hookTimeout: 3_600_000,
					fileParallelism: false,
					sequence: {groupOrder: 2},
				},
			},
			{test: {name: 'live', retry, include: ['test/live/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 3_600_000, fileParallelism: false}},
			{test: {name: 'pty', retry, include: ['test/pty/**/*.test.ts'], testTimeout: 60_000, fileParallelism: false}},
		],
	},
});
