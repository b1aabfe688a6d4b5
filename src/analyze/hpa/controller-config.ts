/** Who says what a flag is set to. */
export type SettingSource =
	/** Kubernetes' default; nobody said otherwise. */
	| 'assumed'
	/** An option of kwb. */
	| 'option'
	/** Read from the controller-manager's pod. */
	| 'observed'
	/** What the status of HPAs leaves as the only possibility. */
	| 'inferred';

export type Setting = {readonly value: number; readonly source: SettingSource};

/** The flags of kube-controller-manager that a decision depends on. Times in milliseconds. */
export type ControllerConfig = {
	readonly syncPeriodMs: Setting;
	readonly tolerance: Setting;
	readonly downscaleStabilizationMs: Setting;
	readonly cpuInitializationPeriodMs: Setting;
	readonly initialReadinessDelayMs: Setting;
	/** `--feature-gates`, as far as it was read. */
	readonly gates: ReadonlyMap<string, boolean>;
};

const assumed = (value: number): Setting => ({value, source: 'assumed'});

/**
 * What a controller-manager without flags does.
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/config/v1alpha1/defaults.go, RecommendedDefaultHPAControllerConfiguration.
 */
export const DEFAULT_CONTROLLER: ControllerConfig = {
	syncPeriodMs: assumed(15_000),
	tolerance: assumed(0.1),
	downscaleStabilizationMs: assumed(300_000),
	cpuInitializationPeriodMs: assumed(300_000),
	initialReadinessDelayMs: assumed(30_000),
	gates: new Map(),
};

/** What could be read from a command line, with everything that could not be understood. */
export type ParsedFlags = {readonly config: ControllerConfig; readonly misread: readonly string[]};

const DURATION_FLAGS = {
	'horizontal-pod-autoscaler-sync-period': 'syncPeriodMs',
	'horizontal-pod-autoscaler-downscale-stabilization': 'downscaleStabilizationMs',
	'horizontal-pod-autoscaler-cpu-initialization-period': 'cpuInitializationPeriodMs',
	'horizontal-pod-autoscaler-initial-readiness-delay': 'initialReadinessDelayMs',
} as const;

/**
 * The HPA's flags and the feature gates of a command line, as `command` and `args` of a container hold it. Everything
 * else in it is left alone. Flags that are not there keep their defaults, and then count as observed too: the command
 * line was seen. Zero means the default.
 */
export function controllerFlags(words: readonly string[], source: 'option' | 'observed' = 'observed'): ParsedFlags {
	const misread: string[] = [];
	const gates = new Map<string, boolean>();
	const seen = (setting: Setting): Setting => (source === 'observed' ? {value: setting.value, source} : setting);
	let config: ControllerConfig = {
		syncPeriodMs: seen(DEFAULT_CONTROLLER.syncPeriodMs),
		tolerance: seen(DEFAULT_CONTROLLER.tolerance),
		downscaleStabilizationMs: seen(DEFAULT_CONTROLLER.downscaleStabilizationMs),
		cpuInitializationPeriodMs: seen(DEFAULT_CONTROLLER.cpuInitializationPeriodMs),
		initialReadinessDelayMs: seen(DEFAULT_CONTROLLER.initialReadinessDelayMs),
		gates,
	};

	for (const [name, value] of flagsOf(words)) {
		const durationKey = DURATION_FLAGS[name as keyof typeof DURATION_FLAGS];
		if (durationKey !== undefined) {
			const milliseconds = goDurationMs(value);
			if (milliseconds === undefined) misread.push(`--${name}=${value}`);
			else if (milliseconds !== 0) config = {...config, [durationKey]: {value: milliseconds, source}};
		} else if (name === 'horizontal-pod-autoscaler-tolerance') {
			const tolerance = value === '' ? Number.NaN : Number(value);
			if (!Number.isFinite(tolerance)) misread.push(`--${name}=${value}`);
			else if (tolerance !== 0) config = {...config, tolerance: {value: tolerance, source}};
		} else if (name === 'feature-gates') {
			for (const gate of value.split(',')) {
				const [gateName = '', setting = ''] = gate.split('=').map(part => part.trim());
				if (/^(true|false)$/i.test(setting)) gates.set(gateName, setting.toLowerCase() === 'true');
			}
		}
	}
	return {config, misread};
}

/** `--name=value` and `--name value`; a later one wins by coming later. */
function flagsOf(words: readonly string[]): ReadonlyArray<readonly [string, string]> {
	const flags: Array<readonly [string, string]> = [];
	words.forEach((word, index) => {
		const flag = /^--?([a-z-]+)(?:=(.*))?$/s.exec(word);
		if (flag === null) return;
		const next = words[index + 1];
		flags.push([flag[1]!, flag[2] ?? (next === undefined || next.startsWith('-') ? '' : next)]);
	});
	return flags;
}

const UNIT_MS: Readonly<Record<string, number>> = {ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000};

/** A Go duration (`1m30s`, `15.5s`, `0`) in milliseconds; undefined where it is none. */
export function goDurationMs(text: string): number | undefined {
	if (/^[+-]?0$/.test(text)) return 0;
	const shape = /^([+-]?)((?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
	if (shape === null) return undefined;
	let sum = 0;
	for (const [, amount, unit] of shape[2]!.matchAll(/([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/g)) sum += Number(amount) * UNIT_MS[unit!]!;
	return shape[1] === '-' ? -sum : sum;
}
