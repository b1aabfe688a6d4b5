import {describe, expect, test} from 'vitest';
import {controllerFlags, DEFAULT_CONTROLLER, goDurationMs} from '../../../src/analyze/hpa/controller-config.ts';
import {rulesFor} from '../../../src/analyze/hpa/hpa-rules.ts';
import {explainHpa} from '../../../src/analyze/hpa/explain-hpa.ts';
import {hpa, input, pods, samples, scalingRules} from './builders.ts';

describe('the flags of a controller-manager', () => {
	test('are read from its command line, and nothing else of it is kept', () => {
		const {config, misread} = controllerFlags([
			'kube-controller-manager',
			'--kubeconfig=/etc/kubernetes/controller-manager.conf',
			'--horizontal-pod-autoscaler-sync-period=5s',
			'--horizontal-pod-autoscaler-tolerance',
			'0.2',
			'--horizontal-pod-autoscaler-downscale-stabilization=1m30s',
			'--feature-gates=HPAConfigurableTolerance=true,PodLevelResources=false',
		]);
		expect(misread).toEqual([]);
		expect(config).toEqual({
			syncPeriodMs: {value: 5000, source: 'observed'},
			tolerance: {value: 0.2, source: 'observed'},
			downscaleStabilizationMs: {value: 90_000, source: 'observed'},
			cpuInitializationPeriodMs: {value: 300_000, source: 'observed'},
			initialReadinessDelayMs: {value: 30_000, source: 'observed'},
			gates: new Map([
				['HPAConfigurableTolerance', true],
				['PodLevelResources', false],
			]),
		});
		expect(rulesFor({major: 1, minor: 34}, config.gates)).toMatchObject({behaviorTolerance: true, podLevelRequests: false});
	});

	test('that are zero keep their defaults, those that cannot be read are told', () => {
		const {config, misread} = controllerFlags(['--horizontal-pod-autoscaler-sync-period=0', '--horizontal-pod-autoscaler-tolerance=much'], 'option');
		expect(config).toEqual(DEFAULT_CONTROLLER);
		expect(misread).toEqual(['--horizontal-pod-autoscaler-tolerance=much']);
	});

	test('count', () => {
		const {config} = controllerFlags(['--horizontal-pod-autoscaler-tolerance=0.3'], 'option');
		expect(explainHpa(input({controller: config})).state).toBe('steady');
	});
});

test.each<[string, number | undefined]>([
	['15s', 15_000],
	['1m30s', 90_000],
	['1.5h', 5_400_000],
	['15.021s', 15_021],
	['250ms', 250],
	['0', 0],
	['-5s', -5000],
	['5', undefined],
	['', undefined],
	['5x', undefined],
])('the duration %s', (text, milliseconds) => expect(goDurationMs(text)).toBe(milliseconds));

test('a tolerance of zero is a tolerance', () => {
	const behavior = {scaleUp: scalingRules({tolerance: '0'}), scaleDown: undefined};
	const {metrics} = explainHpa(input({hpa: hpa({behavior}), readings: [samples(pods(4), 255)]}));
	expect(metrics[0]?.tolerances).toEqual({up: 0, down: 0.1, upFrom: 'behavior', downFrom: 'flag'});
	expect(metrics[0]?.band).toEqual({lowestInside: 45n, highestInside: 50n});
	expect(metrics[0]?.proposal?.likely).toMatchObject({replicas: 5});
});
