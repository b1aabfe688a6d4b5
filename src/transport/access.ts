/** A file named in a kubeconfig, or the bytes that stood in its place. */
export type Material =
	/** PEM text that stood in the kubeconfig, base64 taken off. */
	| {readonly kind: 'inline'; readonly pem: string}
	/** Absolute path. Read when first needed and again when it changes. */
	| {readonly kind: 'file'; readonly path: string};

/** How a credential plugin is run. Names and meanings as in client.authentication.k8s.io. */
export type ExecConfig = {
	/** A bare name (looked up in PATH) or an absolute path: one relative to its kubeconfig has been resolved. */
	readonly command: string;
	readonly args: readonly string[];
	/** Added to kwb's own environment. */
	readonly env: ReadonlyArray<{readonly name: string; readonly value: string}>;
	readonly apiVersion: 'client.authentication.k8s.io/v1' | 'client.authentication.k8s.io/v1beta1';
	/** What to do when the command is not there; washed. */
	readonly installHint: string;
	readonly provideClusterInfo: boolean;
	readonly interactiveMode: 'Never' | 'IfAvailable' | 'Always';
	/** The cluster's extension `client.authentication.k8s.io/exec`, handed to the plugin as it stands. */
	readonly clusterConfig: unknown;
};

/** Who we say we are. A client certificate stands beside it, in the TLS settings. */
export type CredentialSource =
	| {readonly kind: 'none'}
	| {readonly kind: 'token'; readonly token: string}
	/** Read again at most once a minute. `initial` is used until the first read and when reading fails. */
	| {readonly kind: 'tokenFile'; readonly path: string; readonly initial: string | undefined}
	| {readonly kind: 'basic'; readonly username: string; readonly password: string}
	| {readonly kind: 'exec'; readonly exec: ExecConfig}
	/** The `oidc` auth-provider with its settings; its id-token is used until it expires. */
	| {readonly kind: 'oidc'; readonly config: ReadonlyMap<string, string>};

export type TlsSettings = {
	/** undefined: the roots that Node and the machine trust. */
	readonly ca: Material | undefined;
	/** Name expected in the server's certificate instead of the host's. */
	readonly serverName: string | undefined;
	readonly insecure: boolean;
	readonly clientCertificate: {readonly certificate: Material; readonly key: Material} | undefined;
};

export type Impersonation = {
	readonly user: string;
	readonly uid: string | undefined;
	readonly groups: readonly string[];
	readonly extra: ReadonlyMap<string, readonly string[]>;
};

/** One cluster as one user: all that is needed to talk to it, and nothing that has been talked about yet. */
export type Access = {
	/** '' in a cluster, and when cluster and user were named without a context. */
	readonly contextName: string;
	readonly clusterName: string;
	readonly userName: string;
	/** Never '': `default` where nothing names one. */
	readonly namespace: string;
	/** Did a flag name it? */
	readonly namespaceIsExplicit: boolean;
	/** Absolute http or https URL without a trailing slash; may have a path prefix. */
	readonly server: string;
	readonly tls: TlsSettings;
	/** The kubeconfig's own proxy; it beats the environment's. */
	readonly proxyUrl: string | undefined;
	readonly disableCompression: boolean;
	readonly credential: CredentialSource;
	readonly impersonate: Impersonation | undefined;
	/** One line each, for the screen to show once. */
	readonly warnings: readonly string[];
};

/** Why there is no access. `message` is one line that says what to do. */
export type AccessError = {
	readonly kind: /** No kubeconfig anywhere and not in a cluster. */
		| 'noKubeconfig'
		/** `--kubeconfig` names a file that is not there. */
		| 'missingFile'
		/** A file that cannot be read, is no YAML, or is no kubeconfig. */
		| 'brokenFile'
		/** No current-context, and no `--context`. */
		| 'noContext'
		/** A context, cluster or user that no file defines. */
		| 'unknownName'
		/** Defined, but it cannot work: no server, a certificate without a key, an unknown auth-provider … */
		| 'unusable';
	readonly message: string;
	readonly hint?: string;
};

/** What a command line may say about access. Names as kubectl has them. */
export type AccessFlags = {
	readonly kubeconfig?: string | undefined;
	readonly context?: string | undefined;
	readonly cluster?: string | undefined;
	readonly user?: string | undefined;
	readonly namespace?: string | undefined;
	readonly as?: string | undefined;
	readonly asGroup?: readonly string[] | undefined;
	readonly asUid?: string | undefined;
};

/** Text of a file. Throws as `fs.readFileSync` does, with `code`. */
export type ReadFile = (path: string) => string;

export type Environment = Readonly<Record<string, string | undefined>>;
