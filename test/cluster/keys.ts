import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import type {Layout} from './directories.ts';
import {ClusterFault} from './fault.ts';

/** A leaf certificate, as the `pki` program takes it. With names or addresses it is a server's, else a client's. */
export type CertificateRequest = {
	readonly name: string;
	readonly authority: string;
	readonly commonName: string;
	readonly organizations?: readonly string[];
	readonly dnsNames?: readonly string[];
	readonly addresses?: readonly string[];
};

/** Signs everything but the front proxy's client certificate. */
export const AUTHORITY = 'ca';
/** Signs the certificate with which the API server proves itself to the servers behind it. */
export const FRONT_PROXY_AUTHORITY = 'front-proxy-ca';
/** RSA pair that signs service account tokens. */
export const SIGNING_KEY = 'service-account';

/** Address of the Service `kubernetes`: the first of --service-cluster-ip-range. */
export const SERVICE_RANGE = '10.96.0.0/16';
const FIRST_SERVICE_ADDRESS = '10.96.0.1';

/** Users with a kubeconfig of their own. `limited` may read one namespace; `bench` is the one whose requests the audit log counts. */
export const USERS: Readonly<Record<string, {readonly commonName: string; readonly organizations: readonly string[]}>> = {
	admin: {commonName: 'admin', organizations: ['system:masters']},
	bench: {commonName: 'bench', organizations: ['kwb:readers']},
	limited: {commonName: 'limited', organizations: []},
	'kube-controller-manager': {commonName: 'system:kube-controller-manager', organizations: []},
	'kube-scheduler': {commonName: 'system:kube-scheduler', organizations: []},
	// kwok plays every kubelet; as a master it is exempt from the limits of the variant `tight`.
	kwok: {commonName: 'kwok', organizations: ['system:masters']},
	'metrics-server': {commonName: 'metrics-server', organizations: []},
	adapter: {commonName: 'adapter', organizations: ['kwb:readers']},
};

/** All certificates of a cluster. */
export const CERTIFICATES: readonly CertificateRequest[] = [
	{
		name: 'apiserver',
		authority: AUTHORITY,
		commonName: 'kube-apiserver',
		dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'],
		addresses: ['127.0.0.1', FIRST_SERVICE_ADDRESS],
	},
	{name: 'kwok-serving', authority: AUTHORITY, commonName: 'kwok', dnsNames: ['localhost'], addresses: ['127.0.0.1']},
	{
		name: 'metrics-server-serving',
		authority: AUTHORITY,
		commonName: 'metrics-server',
		dnsNames: ['localhost', 'metrics-server.kube-system.svc'],
		addresses: ['127.0.0.1'],
	},
	{name: 'adapter-serving', authority: AUTHORITY, commonName: 'adapter', dnsNames: ['localhost', 'adapter.kube-system.svc'], addresses: ['127.0.0.1']},
	{name: 'front-proxy-client', authority: FRONT_PROXY_AUTHORITY, commonName: 'front-proxy-client'},
	...Object.entries(USERS).map(([name, user]) => ({name, authority: AUTHORITY, ...user})),
];

/**
 * Makes the keys and certificates that are not there yet.
 *
 * @param pki The executable of our own program of that name.
 * @throws ClusterFault with what it said.
 */
export async function makeCertificates(pki: string, layout: Layout, certificates: readonly CertificateRequest[]): Promise<void> {
	const child = spawn(pki, [layout.pki], {stdio: ['pipe', 'ignore', 'pipe']});
	let complaint = '';
	child.stderr.on('data', chunk => {
		complaint += String(chunk);
	});
	child.stdin.end(JSON.stringify({authorities: [AUTHORITY, FRONT_PROXY_AUTHORITY], signingKey: SIGNING_KEY, certificates}));
	const code = await new Promise<number | null>((resolve, reject) => {
		child.once('error', reject);
		child.once('close', resolve);
	});
	if (code !== 0) throw new ClusterFault(`keys and certificates: ${complaint.trim()}`);
}

/** How a user proves who it is: with a certificate of the layout, or a token. */
export type Credential = {readonly kind: 'certificate'; readonly name: string} | {readonly kind: 'token'; readonly token: string};

/**
 * The text of a kubeconfig for one user of one cluster, everything inside it.
 *
 * @param cluster Name of the test cluster; cluster and context are called `kwb-NAME`, and the current context is that one.
 */
export function kubeconfigText(options: {
	readonly cluster: string;
	readonly server: string;
	readonly authority: string;
	readonly user: string;
	readonly credential: {readonly kind: 'certificate'; readonly certificate: string; readonly key: string} | {readonly kind: 'token'; readonly token: string};
}): string {
	const {cluster, server, authority, user, credential} = options;
	const base64 = (text: string): string => Buffer.from(text).toString('base64');
	const proof =
		credential.kind === 'token'
			? [`    token: ${JSON.stringify(credential.token)}`]
			: [`    client-certificate-data: ${base64(credential.certificate)}`, `    client-key-data: ${base64(credential.key)}`];
	return [
		'apiVersion: v1',
		'kind: Config',
		'clusters:',
		`- name: kwb-${cluster}`,
		'  cluster:',
		`    server: ${server}`,
		`    certificate-authority-data: ${base64(authority)}`,
		'users:',
		`- name: ${JSON.stringify(user)}`,
		'  user:',
		...proof,
		'contexts:',
		`- name: kwb-${cluster}`,
		'  context:',
		`    cluster: kwb-${cluster}`,
		`    user: ${JSON.stringify(user)}`,
		`current-context: kwb-${cluster}`,
		'',
	].join('\n');
}

/** The same, with the certificates of a layout read from their files. */
export function kubeconfigFrom(layout: Layout, cluster: string, port: number, user: string, credential: Credential): string {
	return kubeconfigText({
		cluster,
		server: `https://127.0.0.1:${port}`,
		authority: readFileSync(layout.certificate(AUTHORITY), 'utf8'),
		user,
		credential:
			credential.kind === 'token'
				? credential
				: {
						kind: 'certificate',
						certificate: readFileSync(layout.certificate(credential.name), 'utf8'),
						key: readFileSync(layout.key(credential.name), 'utf8'),
					},
	});
}
