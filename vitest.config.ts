import {defineConfig} from 'vitest/config';

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
			{test: {name: 'contract', include: ['test/contract/**/*.test.ts'], testTimeout: 60_000}},
			{test: {name: 'cluster', include: ['test/cluster/**/*.test.ts'], testTimeout: 900_000, hookTimeout: 3_600_000, fileParallelism: false}},
			{test: {name: 'live', include: ['test/live/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 3_600_000, fileParallelism: false}},
			{test: {name: 'pty', include: ['test/pty/**/*.test.ts'], testTimeout: 60_000, fileParallelism: false}},
		],
	},
});
