import type {TlsSettings} from './access.ts';

/**
 * The server of a kubeconfig as an absolute URL without a trailing slash, its path prefix kept.
 *
 * @returns undefined when it is none. A bare `host:port` is https where there are TLS settings, else http.
 * Source: k8s.io/client-go rest/url_utils.go, DefaultServerURL, 0.37.
 */
export function serverUrl(server: string, {ca, insecure, clientCertificate}: Pick<TlsSettings, 'ca' | 'insecure' | 'clientCertificate'>): string | undefined {
	if (server === '') return undefined;
	const scheme = ca !== undefined || insecure || clientCertificate !== undefined ? 'https' : 'http';
	const absolute = server.includes('://') ? server : `${scheme}://${server}`;
	if (!URL.canParse(absolute)) return undefined;
	const url = new URL(absolute);
	if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
	return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

/** Does this host (of a URL, so an IPv6 address is in brackets) stand for this machine? */
export function isLoopback(hostname: string): boolean {
	return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
