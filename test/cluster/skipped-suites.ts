import type {Reporter, TestModule, TestSuite} from 'vitest/node';

/**
 * Writes, as the last line of a run, how many suites were skipped and which: a suite that cannot run here must not look like one that passed.
 * For `test.reporters` of the Vitest configuration, after the default one.
 */
export default class SkippedSuites implements Reporter {
	onTestRunEnd(modules: readonly TestModule[]): void {
		const skipped = modules.flatMap(module => [...module.children.suites()].filter(isSkipped).map(suite => suite.name));
		if (skipped.length === 0) return;
		const reasons = new Set(skipped.flatMap(name => /\((.*)\)$/.exec(name)?.[1] ?? []));
		const names = skipped.map(name => name.replace(/ \(.*\)$/, ''));
		const line = [`skipped ${skipped.length} suite${skipped.length === 1 ? '' : 's'}: ${names.join(', ')}`, ...reasons].join('; ');
		// The default reporter writes its summary in the same event: leave the last line to this one.
		setImmediate(() => process.stdout.write(`${line}\n`));
	}
}

function isSkipped(suite: TestSuite): boolean {
	return suite.state() === 'skipped';
}
