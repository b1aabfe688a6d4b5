import path from 'node:path';

/** Where everything of this folder is kept, outside the checkout. */
export type Directories = {
	/** Finished binaries, one folder a key. */
	readonly binaries: string;
	/** Clusters, one folder a name. */
	readonly clusters: string;
};

/** What every function here needs of the machine; the defaults are the process's own. */
export type Surroundings = {
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly directories: Directories;
	/** Hears what is being done, a line at a time. */
	readonly report: (line: string) => void;
};

/** The user's cache, by the XDG rule: `XDG_CACHE_HOME` when it is absolute, else `~/.cache`. */
export function directoriesFrom(environment: Readonly<Record<string, string | undefined>>, home: string): Directories {
	const configured = environment.XDG_CACHE_HOME;
	const cache = configured !== undefined && path.isAbsolute(configured) ? configured : path.join(home, '.cache');
	return {binaries: path.join(cache, 'kwb', 'control-plane', 'bin'), clusters: path.join(cache, 'kwb', 'clusters')};
}

/** The files of one cluster. */
export function layoutOf(directory: string) {
	return {
		directory,
		state: path.join(directory, 'state.json'),
		pki: path.join(directory, 'pki'),
		logs: path.join(directory, 'logs'),
		etcd: path.join(directory, 'etcd'),
		audit: path.join(directory, 'audit.log'),
		auditPolicy: path.join(directory, 'audit-policy.json'),
		tokens: path.join(directory, 'tokens.csv'),
		/** A link, where the machine has no kubectl of its own. */
		kubectl: path.join(directory, 'bin', 'kubectl'),
		kwokConfig: path.join(directory, 'kwok.yaml'),
		/** For people and tests: admin, bench, limited, token. For processes: their own names. */
		kubeconfig: (user: string) => path.join(directory, `${user}.kubeconfig`),
		certificate: (name: string) => path.join(directory, 'pki', `${name}.crt`),
		key: (name: string) => path.join(directory, 'pki', `${name}.key`),
		log: (process: string) => path.join(directory, 'logs', `${process}.log`),
	};
}

export type Layout = ReturnType<typeof layoutOf>;
