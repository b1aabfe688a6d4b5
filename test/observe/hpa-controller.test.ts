import {expect, test} from 'vitest';
import {DEFAULT_CONTROLLER} from '../../src/analyze/hpa/controller-config.ts';
import {CONTROLLER_FLAGS, cycleOf, inferredController, keptFlags, NO_EVIDENCE, notedController, withGap, withHint} from '../../src/observe/hpa-controller.ts';

test('of a command line only the flags of HPAs and the gates are kept', () => {
	expect(
		keptFlags([
			'kube-controller-manager',
			'--kubeconfig=/etc/secret',
			'--horizontal-pod-autoscaler-tolerance',
			'0.2',
			'--feature-gates=HPAScaleToZero=true',
			'--token=abc',
			'--horizontal-pod-autoscaler-sync-period=5s',
		]),
	).toEqual(['--horizontal-pod-autoscaler-tolerance=0.2', '--feature-gates=HPAScaleToZero=true', '--horizontal-pod-autoscaler-sync-period=5s']);
});

test.each(['option', 'observed'] as const)('flags that were noted count, and say that they are %s', source => {
	const notes = new Map([[CONTROLLER_FLAGS, JSON.stringify({source, words: ['--horizontal-pod-autoscaler-tolerance=0.2']})]]);
	expect(notedController({notes}).tolerance).toEqual({value: 0.2, source});
});

test('a note that cannot be read leaves the defaults', () => {
	expect(notedController({notes: new Map([[CONTROLLER_FLAGS, '{']])})).toBe(DEFAULT_CONTROLLER);
});

test('a tolerance is inferred only where several passes leave no other possibility', () => {
	const hint = (atLeast: number | undefined, below: number | undefined) => ({flag: 'tolerance' as const, atLeast, below});
	const two = withHint(withHint(NO_EVIDENCE, hint(0.18, undefined)), hint(undefined, 0.24));
	expect(inferredController(DEFAULT_CONTROLLER, two).tolerance.source).toBe('assumed');
	expect(inferredController(DEFAULT_CONTROLLER, withHint(two, hint(0.19, undefined))).tolerance).toEqual({value: 0.2, source: 'inferred'});
	const contradictory = withHint(two, hint(0.3, undefined));
	expect(inferredController(DEFAULT_CONTROLLER, contradictory).tolerance.source).toBe('assumed');
});

test('what the default explains too is not inferred to be something else', () => {
	const evidence = [0.05, 0.06, 0.07].reduce((before, atLeast) => withHint(before, {flag: 'tolerance', atLeast, below: undefined}), NO_EVIDENCE);
	expect(inferredController(DEFAULT_CONTROLLER, evidence)).toBe(DEFAULT_CONTROLLER);
});

test('a sync period is inferred from passes that follow each other faster, and never over one that was named', () => {
	const fast = Array.from({length: 20}, (_, index) => 1950 + index * 5).reduce(withGap, NO_EVIDENCE);
	expect(inferredController(DEFAULT_CONTROLLER, fast).syncPeriodMs).toEqual({value: 2000, source: 'inferred'});
	const named = {...DEFAULT_CONTROLLER, syncPeriodMs: {value: 15_000, source: 'observed' as const}};
	expect(inferredController(named, fast)).toBe(named);
});

test('what passes take shows in the gaps between them, also where some in between were not seen', () => {
	const gaps = Array.from({length: 20}, (_, index) => (index % 2 === 0 ? 2030 : 4070)).reduce(withGap, NO_EVIDENCE);
	expect(cycleOf(gaps, 2000)).toBeCloseTo(2030, 0);
	expect(cycleOf(NO_EVIDENCE, 2000)).toBe(2000);
	expect(cycleOf(new Array<number>(20).fill(2900).reduce(withGap, NO_EVIDENCE), 2000)).toBe(2500);
});
