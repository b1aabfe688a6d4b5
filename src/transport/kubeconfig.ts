import path from 'node:path';
import {err, ok, type Result} from '../util/result.ts';
import type {Access, AccessError, AccessFlags, CredentialSource, Environment, ExecConfig, Impersonation, Material, ReadFile, TlsSettings} from './access.ts';
import {inClusterAccess} from './in-cluster.ts';
import {type ClusterEntry, type ContextEntry, type Kubeconfig, mergeKubeconfigs, parseKubeconfig, type UserEntry} from './kubeconfig-file.ts';
import {oneLine} from './one-line.ts';
import {isLoopback, serverUrl} from './server-url.ts';

/** What reading kubeconfigs depends on. */
export type Surroundings = {
	readonly flags: AccessFlags;
	readonly env: Environment;
	/** undefined where the user has none. */
	readonly homeDir: string | undefined;
	/** What relative paths in flags and in KUBECONFIG are relative to. */
	readonly workingDir: string;
	readonly readFile: ReadFile;
};

/** The kubeconfigs there are, merged. */
export type LoadedKubeconfig = {
	/** Absolute paths of the files that were read, in order of precedence. */
	readonly files: readonly string[];
	readonly config: Kubeconfig;
	readonly warnings: readonly string[];
};

/** The extension of a cluster that is handed to credential plugins. */
const EXEC_EXTENSION = 'client.authentication.k8s.io/exec';

/**
 * Finds and merges kubeconfigs as kubectl does: `--kubeconfig` alone, else the list in KUBECONFIG (missing
 * files are skipped), else `~/.kube/config`. Reads no other file.
 *
 * @returns `files` is empty when there are none.
 * Source: k8s.io/client-go tools/clientcmd/loader.go, ClientConfigLoadingRules.Load, 0.37.
 */
export function loadKubeconfig({flags, env, homeDir, workingDir, readFile}: Surroundings): Result<LoadedKubeconfig, AccessError> {
	const explicit = isSet(flags.kubeconfig);
	const listed = explicit ? [flags.kubeconfig] : (env.KUBECONFIG ?? '').split(path.delimiter).filter(isSet);
	const candidates = listed.length === 0 && homeDir !== undefined ? [path.join(homeDir, '.kube', 'config')] : listed;

	const files: string[] = [];
	const parsed: Kubeconfig[] = [];
	for (const file of new Set(candidates.map(each => path.resolve(workingDir, each)))) {
		const text = textOf(file, readFile);
		if (!text.ok) {
			if (text.error === 'ENOENT' && !explicit) continue;
			if (text.error === 'ENOENT') return err({kind: 'missingFile', message: `kubeconfig ${file}: there is no such file`});
			return err({kind: 'brokenFile', message: `kubeconfig ${file} cannot be read: ${text.error}`});
		}
		const kubeconfig = parseKubeconfig(text.value, file);
		if (!kubeconfig.ok) return err({kind: 'brokenFile', message: `kubeconfig ${file}: ${oneLine(kubeconfig.error)}`});
		files.push(file);
		parsed.push(kubeconfig.value);
	}
	const allMissing = files.length === 0 && listed.length > 0;
	return ok({
		files,
		config: mergeKubeconfigs(parsed),
		warnings: allMissing ? [`none of the files in KUBECONFIG exists: ${oneLine(listed.join(', '))}`] : [],
	});
}

/**
 * Finds the cluster and user to talk to, by kubectl's rules. Certificates, keys and token files are named
 * here and read later, when they are needed.
 *
 * @returns An error is one line that says what to do.
 * Source: k8s.io/client-go tools/clientcmd/client_config.go and validation.go, 0.37.
 */
export function loadAccess(surroundings: Surroundings): Result<Access, AccessError> {
	const loaded = loadKubeconfig(surroundings);
	if (!loaded.ok) return loaded;
	const {config, warnings} = loaded.value;
	if (isEmpty(config)) {
		const inCluster = inClusterAccess(surroundings);
		if (inCluster !== undefined) return withFlags(inCluster, surroundings.flags);
		const message = warnings[0] ?? (loaded.value.files.length === 0 ? 'no kubeconfig found' : `kubeconfig ${loaded.value.files[0]} is empty`);
		return err({kind: 'noKubeconfig', message, hint: 'name one with --kubeconfig or KUBECONFIG, or look at a recorded cluster: kwb demo'});
	}
	const access = accessOf(config, surroundings.flags);
	return access.ok ? ok({...access.value, warnings: [...warnings, ...access.value.warnings]}) : access;
}

/**
 * Picks one context out of a merged kubeconfig, with the flags' word over it.
 *
 * Source: k8s.io/client-go tools/clientcmd/client_config.go, DirectClientConfig.ClientConfig, 0.37.
 */
export function accessOf(config: Kubeconfig, flags: AccessFlags): Result<Access, AccessError> {
	const contextName = flags.context || config.currentContext;
	const context = config.contexts.get(contextName);
	const namesBoth = isSet(flags.cluster) && isSet(flags.user);
	if (context === undefined && isSet(contextName) && (isSet(flags.context) || !namesBoth)) return err(unknown('context', contextName, config.contexts));
	if (context === undefined && !namesBoth) {
		const message = 'the kubeconfig has no current-context';
		return err({kind: 'noContext', message, hint: `choose one with --context: ${listOf(config.contexts)}`});
	}

	const clusterName = flags.cluster || (context?.cluster ?? '');
	const cluster = config.clusters.get(clusterName);
	if (cluster === undefined) return err(unknown('cluster', clusterName, config.clusters, contextName));
	const userName = flags.user || (context?.user ?? '');
	const user = config.users.get(userName);
	// A context may name no user: then kwb is system:anonymous, as kubectl is.
	if (user === undefined && userName !== '') return err(unknown('user', userName, config.users, contextName));

	return resolve({contextName: context === undefined ? '' : contextName, context, clusterName, cluster, userName, user, flags});
}

type Chosen = {
	readonly contextName: string;
	readonly context: ContextEntry | undefined;
	readonly clusterName: string;
	readonly cluster: ClusterEntry;
	readonly userName: string;
	readonly user: UserEntry | undefined;
	readonly flags: AccessFlags;
};

function resolve({contextName, context, clusterName, cluster, userName, user, flags}: Chosen): Result<Access, AccessError> {
	const warnings: string[] = [];
	const tls = tlsOf(clusterName, cluster, userName, user, warnings);
	if (!tls.ok) return tls;
	const server = serverUrl(cluster.server, tls.value);
	if (server === undefined)
		return err(unusable(`cluster ${clusterName}`, cluster.server === '' ? 'it names no server' : 'its server is not an http or https URL'));
	if (cluster['proxy-url'] !== '' && !isProxyUrl(cluster['proxy-url']))
		return err(unusable(`cluster ${clusterName}`, 'its proxy-url is not an http, https or socks5 URL'));
	const credential = credentialOf(userName, user, cluster, tls.value);
	if (!credential.ok) return credential;
	const impersonate = impersonationOf(userName, user, flags);
	if (!impersonate.ok) return impersonate;

	if (server.startsWith('http:') && !isLoopback(new URL(server).hostname) && credential.value.kind !== 'none')
		warnings.push(`the credential of ${userName} goes to ${server} without encryption`);
	return ok({
		contextName,
		clusterName,
		userName,
		namespace: flags.namespace || context?.namespace || 'default',
		namespaceIsExplicit: isSet(flags.namespace),
		server,
		tls: tls.value,
		proxyUrl: cluster['proxy-url'] || undefined,
		disableCompression: cluster['disable-compression'],
		credential: credential.value,
		impersonate: impersonate.value,
		warnings,
	});
}

function tlsOf(
	clusterName: string,
	cluster: ClusterEntry,
	userName: string,
	user: UserEntry | undefined,
	warnings: string[],
): Result<TlsSettings, AccessError> {
	const ca = materialOf(cluster, 'certificate-authority');
	const certificate = user && materialOf(user, 'client-certificate');
	const key = user && materialOf(user, 'client-key');
	const insecure = cluster['insecure-skip-tls-verify'];
	if (ca !== undefined && insecure)
		return err(unusable(`cluster ${clusterName}`, 'it has both a certificate-authority and insecure-skip-tls-verify: remove one of them'));
	if (certificate !== undefined && key === undefined)
		return err(unusable(`user ${userName}`, 'it has a client certificate without client-key or client-key-data'));
	if (certificate === undefined && key !== undefined)
		return err(unusable(`user ${userName}`, 'it has a client key without client-certificate or client-certificate-data'));

	if (hasBoth(cluster, 'certificate-authority'))
		warnings.push(`cluster ${clusterName}: certificate-authority-data is used, the file certificate-authority is not`);
	if (user && hasBoth(user, 'client-certificate')) warnings.push(`user ${userName}: client-certificate-data is used, the file client-certificate is not`);
	if (user && hasBoth(user, 'client-key')) warnings.push(`user ${userName}: client-key-data is used, the file client-key is not`);
	return ok({
		ca,
		serverName: cluster['tls-server-name'] || undefined,
		insecure,
		clientCertificate: certificate === undefined || key === undefined ? undefined : {certificate, key},
	});
}

/**
 * Which of a user's credentials counts: a token, a token file, basic auth or a client certificate before a
 * plugin, which then is not run.
 *
 * Source: k8s.io/client-go tools/clientcmd/client_config.go (getUserIdentificationPartialConfig) and
 * plugin/pkg/client/auth/exec/exec.go (UpdateTransportConfig), 0.37.
 */
function credentialOf(userName: string, user: UserEntry | undefined, cluster: ClusterEntry, tls: TlsSettings): Result<CredentialSource, AccessError> {
	if (user === undefined) return ok({kind: 'none'});
	const who = `user ${userName}`;
	const hasBasic = user.username !== '' || user.password !== '';
	if (user.exec !== undefined && user['auth-provider'] !== undefined) return err(unusable(who, 'it has both exec and auth-provider: remove one of them'));
	if (hasBasic && (user.token !== '' || user.tokenFile !== '')) return err(unusable(who, 'it has both a token and a password: remove one of them'));

	const exec = user.exec === undefined ? undefined : execOf(who, user.exec, cluster);
	if (exec !== undefined && !exec.ok) return exec;
	if (user.tokenFile !== '') return ok({kind: 'tokenFile', path: user.tokenFile, initial: user.token || undefined});
	if (user.token !== '') return ok({kind: 'token', token: user.token});
	if (hasBasic) return ok({kind: 'basic', username: user.username, password: user.password});
	if (tls.clientCertificate !== undefined) return ok({kind: 'none'});
	if (exec !== undefined) return ok({kind: 'exec', exec: exec.value});
	const provider = user['auth-provider'];
	if (provider === undefined) return ok({kind: 'none'});
	if (provider.name === 'oidc') return ok({kind: 'oidc', config: provider.config});
	return err({
		kind: 'unusable',
		message: `${who}: the auth-provider ${JSON.stringify(oneLine(provider.name))} is not supported`,
		hint: REPLACEMENTS[provider.name] ?? 'use an exec plugin',
	});
}

/** What took the place of the auth-providers that left Kubernetes with 1.26. */
const REPLACEMENTS: Readonly<Record<string, string>> = {
	gcp: 'it left Kubernetes with 1.26: use the exec plugin gke-gcloud-auth-plugin',
	azure: 'it left Kubernetes with 1.26: use the exec plugin kubelogin',
};

function execOf(who: string, exec: NonNullable<UserEntry['exec']>, cluster: ClusterEntry): Result<ExecConfig, AccessError> {
	const {apiVersion, interactiveMode} = exec;
	if (exec.command === '') return err(unusable(who, 'its exec names no command'));
	if (exec.env.some(({name}) => name === '')) return err(unusable(who, 'its exec has an environment variable without a name'));
	if (apiVersion === '') return err(unusable(who, 'its exec names no apiVersion'));
	if (apiVersion !== 'client.authentication.k8s.io/v1' && apiVersion !== 'client.authentication.k8s.io/v1beta1')
		return err({
			kind: 'unusable',
			message: `${who}: its exec wants apiVersion ${oneLine(apiVersion)}, which is not supported`,
			hint: 'update the plugin and its entry to client.authentication.k8s.io/v1',
		});
	const mode = interactiveMode === '' && apiVersion.endsWith('v1beta1') ? 'IfAvailable' : interactiveMode;
	if (mode === '') return err(unusable(who, 'its exec must say interactiveMode: Never, IfAvailable or Always'));
	if (mode !== 'Never' && mode !== 'IfAvailable' && mode !== 'Always')
		return err(unusable(who, `its exec has interactiveMode ${oneLine(mode)}, which is none of Never, IfAvailable, Always`));
	return ok({
		command: exec.command,
		args: exec.args,
		env: exec.env,
		apiVersion,
		installHint: oneLine(exec.installHint, 1000),
		provideClusterInfo: exec.provideClusterInfo,
		interactiveMode: mode,
		clusterConfig: cluster.extensions.get(EXEC_EXTENSION),
	});
}

function impersonationOf(userName: string, user: UserEntry | undefined, flags: AccessFlags): Result<Impersonation | undefined, AccessError> {
	const as = flags.as || user?.as || '';
	const uid = flags.asUid || user?.['as-uid'] || '';
	const groups = flags.asGroup !== undefined && flags.asGroup.length > 0 ? flags.asGroup : (user?.['as-groups'] ?? []);
	const extra = user?.['as-user-extra'] ?? new Map<string, readonly string[]>();
	if (as !== '') return ok({user: as, uid: uid || undefined, groups, extra});
	if (uid === '' && groups.length === 0 && extra.size === 0) return ok(undefined);
	return err({
		kind: 'unusable',
		message: `user ${userName}: groups, uid or extra values cannot be impersonated without a user`,
		hint: 'name the user with --as',
	});
}

/** In a cluster the flags' namespace and impersonation count as well. */
function withFlags(access: Access, flags: AccessFlags): Result<Access, AccessError> {
	const impersonate = impersonationOf(access.userName, undefined, flags);
	if (!impersonate.ok) return impersonate;
	return ok({
		...access,
		namespace: flags.namespace || access.namespace,
		namespaceIsExplicit: isSet(flags.namespace),
		impersonate: impersonate.value,
	});
}

/** The data beside a field, or the file it names. */
function materialOf<Key extends string>(entry: {readonly [name in Key | `${Key}-data`]: string}, key: Key): Material | undefined {
	const data = entry[`${key}-data`];
	if (data !== '') return {kind: 'inline', pem: Buffer.from(data, 'base64').toString('utf8')};
	const file = entry[key];
	return file === '' ? undefined : {kind: 'file', path: file};
}

function hasBoth<Key extends string>(entry: {readonly [name in Key | `${Key}-data`]: string}, key: Key): boolean {
	return entry[key] !== '' && entry[`${key}-data`] !== '';
}

function textOf(file: string, readFile: ReadFile): Result<string, string> {
	try {
		return ok(readFile(file));
	} catch (error) {
		return err((error as NodeJS.ErrnoException).code ?? 'unreadable');
	}
}

function isEmpty({currentContext, clusters, users, contexts}: Kubeconfig): boolean {
	return currentContext === '' && clusters.size === 0 && users.size === 0 && contexts.size === 0;
}

function isSet(text: string | undefined): text is string {
	return text !== undefined && text !== '';
}

function isProxyUrl(url: string): boolean {
	return URL.canParse(url) && ['http:', 'https:', 'socks5:', 'socks5h:'].includes(new URL(url).protocol);
}

function listOf(names: ReadonlyMap<string, unknown>): string {
	return names.size === 0 ? 'there are none' : oneLine([...names.keys()].toSorted().join(', '));
}

function unknown(what: 'context' | 'cluster' | 'user', name: string, known: ReadonlyMap<string, unknown>, wantedBy = ''): AccessError {
	const message = name === '' ? `context ${wantedBy} names no ${what}` : `there is no ${what} ${JSON.stringify(oneLine(name))} in the kubeconfig`;
	return {kind: 'unknownName', message, hint: `choose one with --${what}: ${listOf(known)}`};
}

function unusable(who: string, why: string): AccessError {
	return {kind: 'unusable', message: `${oneLine(who)}: ${why}`};
}
