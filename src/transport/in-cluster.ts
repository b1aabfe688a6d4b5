import type {Access, Environment, ReadFile} from './access.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Access from inside a pod, as its service account.
 *
 * @returns undefined when this is no pod, or one without a service account token.
 * Source: k8s.io/client-go rest/config.go (InClusterConfig) and tools/clientcmd/client_config.go (inClusterClientConfig), 0.37.
 */
export function inClusterAccess({env, readFile}: {readonly env: Environment; readonly readFile: ReadFile}): Access | undefined {
	const host = env.KUBERNETES_SERVICE_HOST;
	const port = env.KUBERNETES_SERVICE_PORT;
	const token = contentOf(`${SERVICE_ACCOUNT}/token`, readFile);
	if (!host || !port || token === undefined) return undefined;
	const hasCa = contentOf(`${SERVICE_ACCOUNT}/ca.crt`, readFile) !== undefined;
	return {
		contextName: '',
		clusterName: 'in-cluster',
		userName: 'service account',
		namespace: env.POD_NAMESPACE || contentOf(`${SERVICE_ACCOUNT}/namespace`, readFile) || 'default',
		namespaceIsExplicit: false,
		server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
		tls: {ca: hasCa ? {kind: 'file', path: `${SERVICE_ACCOUNT}/ca.crt`} : undefined, serverName: undefined, insecure: false, clientCertificate: undefined},
		proxyUrl: undefined,
		disableCompression: false,
		credential: {kind: 'tokenFile', path: `${SERVICE_ACCOUNT}/token`, initial: token},
		impersonate: undefined,
		warnings: [],
	};
}

function contentOf(file: string, readFile: ReadFile): string | undefined {
	try {
		return readFile(file).trim();
	} catch {
		return undefined;
	}
}
