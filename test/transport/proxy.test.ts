import {describe, expect, test} from 'vitest';
import type {Environment} from '../../src/transport/access.ts';
import {proxyFor} from '../../src/transport/proxy.ts';

const hrefOf = (server: string, env: Environment, proxyUrl?: string): string | undefined => proxyFor(server, proxyUrl, env)?.href;

describe('which proxy', () => {
	test.each<[string, string, Environment, string | undefined, string | undefined]>([
		['none', 'https://c.test', {}, undefined, undefined],
		['that of the kubeconfig before the environment', 'https://c.test', {HTTPS_PROXY: 'http://env'}, 'socks5://kube:1080', 'socks5://kube:1080'],
		['that of the kubeconfig whatever NO_PROXY says, and on loopback', 'https://127.0.0.1', {NO_PROXY: '*'}, 'http://kube:3128', 'http://kube:3128/'],
		['HTTPS_PROXY for https', 'https://c.test', {HTTPS_PROXY: 'http://s:1', HTTP_PROXY: 'http://p:1'}, undefined, 'http://s:1/'],
		['HTTP_PROXY for http', 'http://c.test', {HTTPS_PROXY: 'http://s:1', HTTP_PROXY: 'http://p:1'}, undefined, 'http://p:1/'],
		['not HTTP_PROXY for https', 'https://c.test', {HTTP_PROXY: 'http://p:1'}, undefined, undefined],
		['lower case', 'https://c.test', {https_proxy: 'http://s:1'}, undefined, 'http://s:1/'],
		['upper case first', 'https://c.test', {https_proxy: 'http://lower', HTTPS_PROXY: 'http://upper'}, undefined, 'http://upper/'],
		['http when it names no scheme', 'https://c.test', {HTTPS_PROXY: 'proxy.test:3128'}, undefined, 'http://proxy.test:3128/'],
		['never for localhost', 'https://localhost:6443', {HTTPS_PROXY: 'http://s'}, undefined, undefined],
		['never for 127.x', 'https://127.8.8.8', {HTTPS_PROXY: 'http://s'}, undefined, undefined],
		['never for ::1', 'https://[::1]:6443', {HTTPS_PROXY: 'http://s'}, undefined, undefined],
		['none when the value is no URL', 'https://c.test', {HTTPS_PROXY: 'http://['}, undefined, undefined],
		['none of a scheme that nobody speaks', 'https://c.test', {HTTPS_PROXY: 'quic://p'}, undefined, undefined],
	])('%s', (_name, server, env, proxyUrl, expected) => expect(hrefOf(server, env, proxyUrl)).toBe(expected));
});

describe('NO_PROXY', () => {
	test.each<[string, string, boolean]>([
		['api.corp.test', 'https://api.corp.test', true],
		['corp.test', 'https://api.corp.test', true],
		['corp.test', 'https://notcorp.test', false],
		['.corp.test', 'https://api.corp.test', true],
		['.corp.test', 'https://corp.test', false],
		['*.corp.test', 'https://api.corp.test', true],
		['*.corp.test', 'https://corp.test', false],
		['CORP.test', 'https://API.corp.TEST', true],
		['a.test, corp.test ,b.test', 'https://corp.test', true],
		['*', 'https://anything.test', true],
		['a.test,*', 'https://anything.test', true],
		['', 'https://c.test', false],
		['corp.test:6443', 'https://corp.test:6443', true],
		['corp.test:6443', 'https://corp.test', false],
		['corp.test:443', 'https://corp.test', true],
		['10.0.0.1', 'https://10.0.0.1', true],
		['10.0.0.1', 'https://10.0.0.10', false],
		['10.0.0.1:6443', 'https://10.0.0.1:6443', true],
		['10.0.0.0/8', 'https://10.20.30.40', true],
		['10.0.0.0/8', 'https://11.0.0.1', false],
		['10.0.0.0/8', 'https://ten.test', false],
		['172.16.0.0/12', 'https://172.31.255.255', true],
		['172.16.0.0/12', 'https://172.32.0.0', false],
		['0.0.0.0/0', 'https://1.2.3.4', true],
		['10.0.0.0/33', 'https://10.0.0.1', false],
		['10.0.0.0/x', 'https://10.0.0.1', false],
		['fd00::/8', 'https://[fd12::1]', true],
		['fd00::/8', 'https://[fe80::1]', false],
		['fd00::1', 'https://[fd00::1]', true],
		['[fd00::1]', 'https://[fd00::1]', true],
		['[fd00::1]:6443', 'https://[fd00::1]:6443', true],
		['[fd00::1]:6443', 'https://[fd00::1]', false],
	])('%j and %s: direct is %s', (noProxy, server, isDirect) => {
		expect(hrefOf(server, {HTTPS_PROXY: 'http://p', NO_PROXY: noProxy}) === undefined).toBe(isDirect);
		expect(hrefOf(server, {https_proxy: 'http://p', no_proxy: noProxy}) === undefined).toBe(isDirect);
	});
});
