/** Releases of Kubernetes that have a module file under control-plane/. */
export const RELEASES = ['1.37', '1.34'] as const;
export type Release = (typeof RELEASES)[number];

/** `quick` has short intervals, for tests; `stock` has what a real cluster has, for recordings and comparisons. */
export const PROFILES = ['quick', 'stock'] as const;
export type Profile = (typeof PROFILES)[number];

/** Faults of the API server that take a flag of it. */
export const VARIANTS = ['nocache', 'nowatchlist', 'tight'] as const;
export type Variant = (typeof VARIANTS)[number];

/** Parts that are started only when asked for. */
export const ADDONS = ['adapter'] as const;
export type Addon = (typeof ADDONS)[number];

/** The processes of a cluster, in the order in which they are started. */
export const PROCESSES = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok', 'metrics-server', 'adapter'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** How a cluster is run. Kept in its state, so that a later command need not repeat it. */
export type Settings = {
	readonly kubernetes: Release;
	readonly profile: Profile;
	/** Raised client rates and concurrency, for filling with thousands of pods. Separate from the profile. */
	readonly isScaled: boolean;
	readonly variant: Variant | undefined;
	readonly addons: readonly Addon[];
};

export const DEFAULT_SETTINGS: Settings = {kubernetes: '1.37', profile: 'quick', isScaled: false, variant: undefined, addons: []};

/** The processes that a cluster with these settings consists of, in starting order. */
export function processesOf(settings: Settings): readonly ProcessName[] {
	return PROCESSES.filter(process => process !== 'adapter' || settings.addons.includes('adapter'));
}

/** What differs between how a cluster runs and what is asked for, in words; empty where nothing does. Missing addons are no difference: they can be added. */
export function differences(running: Settings, wanted: Partial<Settings>): readonly string[] {
	const found: string[] = [];
	for (const key of ['kubernetes', 'profile', 'isScaled', 'variant'] as const) {
		if (key in wanted && wanted[key] !== running[key]) found.push(`${NAMES[key]} is ${spoken(running[key])}, not ${spoken(wanted[key])}`);
	}
	return found;
}

const NAMES = {kubernetes: 'kubernetes', profile: 'profile', isScaled: 'scale', variant: 'variant'} as const;

function spoken(value: string | boolean | undefined): string {
	return value === undefined ? 'none' : value === true ? 'on' : value === false ? 'off' : value;
}
