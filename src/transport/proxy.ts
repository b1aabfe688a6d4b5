import type {Environment} from './access.ts';
import {isLoopback} from './server-url.ts';

/**
 * The proxy through which a server is reached: the kubeconfig's, else the environment's. Loopback is never
 * proxied by the environment.
 *
 * @param server Absolute http or https URL.
 * @returns undefined: directly. An environment's value that is no URL, or of a scheme that kwb cannot speak, too.
 * Source: golang.org/x/net http/httpproxy/proxy.go (config.proxyForURL, useProxy), which net/http uses, 0.43.
 */
export function proxyFor(server: string, proxyUrl: string | undefined, env: Environment): URL | undefined {
	if (proxyUrl !== undefined) return proxyOf(proxyUrl);
	const url = new URL(server);
	const value = url.protocol === 'https:' ? env.HTTPS_PROXY || env.https_proxy : env.HTTP_PROXY || env.http_proxy;
	if (!value || isLoopback(url.hostname)) return undefined;
	return isExempt(url, env.NO_PROXY || env.no_proxy || '') ? undefined : proxyOf(value);
}

function proxyOf(value: string): URL | undefined {
	const absolute = value.includes('://') ? value : `http://${value}`;
	if (!URL.canParse(absolute)) return undefined;
	const url = new URL(absolute);
	return ['http:', 'https:', 'socks5:', 'socks5h:'].includes(url.protocol) ? url : undefined;
}

/** Is the host named by NO_PROXY: by itself, by a parent domain, by `.suffix`, by an address range, by `*`? */
function isExempt(url: URL, noProxy: string): boolean {
	const host = hostOf(url);
	const port = url.port || (url.protocol === 'https:' ? '443' : '80');
	return noProxy
		.toLowerCase()
		.split(',')
		.map(entry => entry.trim())
		.some(entry => entry !== '' && matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
	if (entry === '*') return true;
	if (entry.includes('/')) return isWithin(entry, host);
	const [, name = entry, onlyPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
	if (onlyPort !== undefined && onlyPort !== port) return false;
	const wanted = name.replace(/^\[|\]$/g, '');
	if (isAddress(wanted)) return wanted === host;
	if (wanted.startsWith('*.') || wanted.startsWith('.')) return host.endsWith(wanted.slice(wanted.indexOf('.')));
	return host === wanted || host.endsWith(`.${wanted}`);
}

function isWithin(range: string, host: string): boolean {
	// Not imported above: hardly anybody has a range in NO_PROXY.
	const {BlockList, isIP} = process.getBuiltinModule('node:net');
	const [address = '', bits = ''] = range.split('/');
	const family = isIP(address);
	if (family === 0 || family !== isIP(host) || !/^\d+$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
	const list = new BlockList();
	list.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
	return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function isAddress(name: string): boolean {
	return /^\d+(\.\d+){3}$/.test(name) || name.includes(':');
}

/** Host of a URL as sockets want it: an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
	return url.hostname.replace(/^\[|\]$/g, '');
}

/** Port of a URL, its scheme's when it names none. */
export function portOf(url: URL): number {
	if (url.port !== '') return Number(url.port);
	return url.protocol === 'https:' ? 443 : url.protocol === 'http:' ? 80 : 1080;
}
