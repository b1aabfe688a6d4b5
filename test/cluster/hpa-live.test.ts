import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {run} from './command.ts';
import {downCluster} from './control.ts';
import {describeWithCluster} from './requirement.ts';

/** What bench/hpa-live.ts writes with `--out`. */
type Figures = {
	readonly rescales: number;
	readonly predicted: number;
	readonly explained: number;
	readonly unexplained: readonly unknown[];
	readonly falsePredictions: readonly unknown[];
	readonly unchanged: {readonly passes: number; readonly rightResult: number; readonly rightRaw: number; readonly uncertain: number};
	readonly failed: {readonly passes: number; readonly seenAsFailing: number};
};

// A three-minute cut of `npm run bench:hpa-live`. The bounds are below what was seen on two busy cores (docs/algorithms/hpa.md), where kwb
// itself is late at times; the program agreeing with the controller is what is tested, not the machine.
describeWithCluster('kwb’s account of passes against the controller’s own log', () => {
	const name = 'hpa-live';
	const directory = mkdtempSync(path.join(tmpdir(), 'kwb-hpa-live-'));
	let figures: Figures;
	let printed = '';

	beforeAll(async () => {
		await downCluster(name, {deletes: true});
		const out = path.join(directory, 'figures.json');
		const outcome = await run(process.execPath, [
			path.join(import.meta.dirname, '../../bench/hpa-live.ts'),
			'--name',
			name,
			'--seconds',
			'120',
			'--speed',
			'4',
			'--out',
			out,
		]);
		printed = `${outcome.stdout}\n${outcome.stderr}`;
		expect(outcome.code, printed).toBe(0);
		figures = JSON.parse(readFileSync(out, 'utf8')) as Figures;
	});
	afterAll(async () => {
		await downCluster(name, {deletes: true});
		rmSync(directory, {recursive: true, force: true});
	});

	test('enough happened to tell', () => {
		expect(figures.rescales).toBeGreaterThan(40);
		expect(figures.unchanged.passes).toBeGreaterThan(300);
	});

	test('rescales are explained to the exact size', () => {
		expect(figures.explained / figures.rescales, printed).toBeGreaterThan(0.9);
	});

	test('most rescales were foretold to the exact size', () => {
		expect(figures.predicted / figures.rescales, printed).toBeGreaterThan(0.75);
	});

	test('passes that change nothing are hardly ever foretold as a change', () => {
		expect(figures.falsePredictions.length / figures.unchanged.passes, printed).toBeLessThan(0.02);
	});

	test('a pass that fails is seen as failing', () => {
		expect(figures.failed.seenAsFailing / Math.max(1, figures.failed.passes), printed).toBeGreaterThan(0.8);
	});
});
