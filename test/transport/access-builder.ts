import type {Access} from '../../src/transport/access.ts';

/** An access where all that is not said is plain. */
export function accessWith(more: Partial<Access>): Access {
	return {
		contextName: 'dev',
		clusterName: 'c',
		userName: 'ann',
		namespace: 'default',
		namespaceIsExplicit: false,
		server: 'https://c.test:6443',
		tls: {ca: undefined, serverName: undefined, insecure: false, clientCertificate: undefined},
		proxyUrl: undefined,
		disableCompression: false,
		credential: {kind: 'none'},
		impersonate: undefined,
		warnings: [],
		...more,
	};
}
