import type {KubeConfig} from '@kubernetes/client-node';
import type {Access, Material} from './access.ts';
import type {Credential} from './credential.ts';

/**
 * Hands a resolved access to the client package, for what it does and kwb does not: exec into pods, typed
 * writes. Loads the package, so never call it before the first row.
 *
 * The package sees a user with the credential that is good now: it refreshes nothing and starts no plugin, so
 * make a new one for each use. Of impersonation it knows the user alone.
 *
 * @returns Its configuration with one cluster, user and context, all named `kwb`.
 */
export async function clientNodeConfig(access: Access, credential: Credential): Promise<KubeConfig> {
	const {KubeConfig} = await import('@kubernetes/client-node');
	const {server, tls, namespace, impersonate, proxyUrl} = access;
	const {clientCertificate} = credential;
	const token = credential.authorization?.startsWith('Bearer ') ? credential.authorization.slice(7) : undefined;
	const config = new KubeConfig();
	config.loadFromOptions({
		clusters: [
			{
				name: 'kwb',
				server,
				skipTLSVerify: tls.insecure,
				...(tls.serverName === undefined ? {} : {tlsServerName: tls.serverName}),
				...(proxyUrl === undefined ? {} : {proxyUrl}),
				...fieldsOf(tls.ca, 'caData', 'caFile'),
			},
		],
		users: [
			{
				name: 'kwb',
				...(token === undefined ? {} : {token}),
				...(access.credential.kind === 'basic' ? {username: access.credential.username, password: access.credential.password} : {}),
				...(impersonate === undefined ? {} : {impersonateUser: impersonate.user}),
				...fieldsOf(inlineOr(clientCertificate?.certificate, tls.clientCertificate?.certificate), 'certData', 'certFile'),
				...fieldsOf(inlineOr(clientCertificate?.key, tls.clientCertificate?.key), 'keyData', 'keyFile'),
			},
		],
		contexts: [{name: 'kwb', cluster: 'kwb', user: 'kwb', namespace}],
		currentContext: 'kwb',
	});
	return config;
}

function inlineOr(pem: string | undefined, material: Material | undefined): Material | undefined {
	return pem === undefined ? material : {kind: 'inline', pem};
}

/** The package takes base64 under one name and a path under another. */
function fieldsOf(material: Material | undefined, data: string, file: string): object {
	if (material === undefined) return {};
	return material.kind === 'inline' ? {[data]: Buffer.from(material.pem).toString('base64')} : {[file]: material.path};
}
