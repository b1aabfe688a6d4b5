import net from 'node:net';
import tls from 'node:tls';
import {hostOf, portOf} from './proxy.ts';
import {publicRoots} from './tls-material.ts';

/** What went wrong at the proxy, or on the way to it. */
export class ProxyError extends Error {
	readonly code = 'PROXY';
}

const GREETING = 5;
const LARGEST_ANSWER = 16_384;

/** The target of a tunnel. */
export type Target = {readonly host: string; readonly port: number};

/**
 * Opens a connection to a target through a proxy: CONNECT for http and https ones, SOCKS version 5 (RFC 1928,
 * RFC 1929) for socks5. The proxy resolves the target's name.
 *
 * @param opened Called once: with a socket on which the target's own bytes come next, or with an error.
 * @returns Gives up.
 */
export function openTunnel(proxy: URL, target: Target, opened: (error: Error | undefined, socket?: net.Socket) => void): () => void {
	const socket =
		proxy.protocol === 'https:'
			? tls.connect({
					host: hostOf(proxy),
					port: portOf(proxy),
					servername: net.isIP(hostOf(proxy)) === 0 ? hostOf(proxy) : '',
					ALPNProtocols: ['http/1.1'],
					ca: publicRoots(),
				})
			: net.connect({host: hostOf(proxy), port: portOf(proxy)});
	let isDone = false;
	const done = (error: Error | undefined) => {
		if (isDone) return;
		isDone = true;
		socket.removeListener('error', onError);
		socket.removeListener('end', onEnd);
		socket.removeListener('readable', onReadable);
		if (error === undefined) {
			opened(undefined, socket);
		} else {
			socket.on('error', () => {});
			socket.destroy();
			opened(error);
		}
	};
	const where = `proxy ${proxy.protocol}//${proxy.host}`;
	const onError = (error: Error) => done(new ProxyError(`${where}: ${(error as NodeJS.ErrnoException).code ?? error.message}`));
	const onEnd = () => done(new ProxyError(`${where} closed the connection`));
	const dialogue = proxy.protocol.startsWith('socks5') ? socksDialogue(proxy, target) : connectDialogue(proxy, target);
	let answer = Buffer.alloc(0);
	// Reading, not flowing: what comes after the answer is the target's, and waits for whoever reads next.
	const onReadable = () => {
		const chunk = socket.read() as Buffer | null;
		if (chunk === null) return;
		answer = Buffer.concat([answer, chunk]);
		const step = dialogue.next(answer);
		if (step.kind === 'more' && answer.length > LARGEST_ANSWER) done(new ProxyError(`${where} does not speak ${proxy.protocol.slice(0, -1)}`));
		if (step.kind === 'failed') done(new ProxyError(`${where} ${step.why}`));
		if (step.kind === 'say') {
			answer = answer.subarray(step.used);
			socket.write(step.bytes);
		}
		if (step.kind === 'open') {
			const rest = answer.subarray(step.used);
			if (rest.length > 0) socket.unshift(rest);
			done(undefined);
		}
	};
	socket.on('error', onError);
	socket.on('end', onEnd);
	socket.on('readable', onReadable);
	socket.once(proxy.protocol === 'https:' ? 'secureConnect' : 'connect', () => socket.write(dialogue.first));
	return () => done(new ProxyError(`${where} did not answer`));
}

/** What to do with the bytes that a proxy has answered so far. */
type Step =
	| {readonly kind: 'more'}
	| {readonly kind: 'say'; readonly used: number; readonly bytes: Buffer}
	| {readonly kind: 'open'; readonly used: number}
	| {readonly kind: 'failed'; readonly why: string};

type Dialogue = {readonly first: Buffer; next(answer: Buffer): Step};

/** A CONNECT request and its answer. */
function connectDialogue(proxy: URL, {host, port}: Target): Dialogue {
	const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
	const login = proxy.username === '' ? '' : `Proxy-Authorization: Basic ${Buffer.from(`${userOf(proxy)}:${passwordOf(proxy)}`).toString('base64')}\r\n`;
	return {
		first: Buffer.from(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${login}\r\n`),
		next(answer) {
			const end = answer.indexOf('\r\n\r\n');
			if (end < 0) return {kind: 'more'};
			const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer.toString('latin1', 0, end))?.[1]);
			if (status >= 200 && status < 300) return {kind: 'open', used: end + 4};
			if (status === 407) return {kind: 'failed', why: `asks for a login (407): put user and password into its URL`};
			return {kind: 'failed', why: Number.isNaN(status) ? 'does not speak HTTP' : `refused to connect to ${authority} (${status})`};
		},
	};
}

const SOCKS_REPLIES: Readonly<Record<number, string>> = {
	1: 'failed',
	2: 'does not allow the connection',
	3: 'cannot reach the network',
	4: 'cannot reach the host',
	5: 'was refused by the host',
	6: 'gave up: time to live expired',
	7: 'does not know CONNECT',
	8: 'does not know this kind of address',
};

/** Greeting, login where the proxy wants one, CONNECT. */
function socksDialogue(proxy: URL, {host, port}: Target): Dialogue {
	const hasLogin = proxy.username !== '';
	let phase: 'greeting' | 'login' | 'connect' = 'greeting';
	return {
		first: Buffer.from(hasLogin ? [GREETING, 2, 0, 2] : [GREETING, 1, 0]),
		next(answer) {
			if (answer.length < 2) return {kind: 'more'};
			if (phase === 'greeting') {
				if (answer[0] !== GREETING) return {kind: 'failed', why: 'does not speak SOCKS 5'};
				if (answer[1] === 2 && hasLogin) {
					phase = 'login';
					return {kind: 'say', used: 2, bytes: Buffer.concat([Buffer.from([1]), counted(userOf(proxy)), counted(passwordOf(proxy))])};
				}
				if (answer[1] !== 0) return {kind: 'failed', why: 'asks for a login: put user and password into its URL'};
			} else if (phase === 'login') {
				if (answer[1] !== 0) return {kind: 'failed', why: 'does not accept the login in its URL'};
			} else {
				if (answer[1] !== 0) return {kind: 'failed', why: `${SOCKS_REPLIES[answer[1] ?? 1] ?? 'failed'} (${host}:${port})`};
				if (answer.length < 5) return {kind: 'more'};
				const addressLength = answer[3] === 1 ? 4 : answer[3] === 4 ? 16 : 1 + answer[4]!;
				const used = 4 + addressLength + 2;
				return answer.length < used ? {kind: 'more'} : {kind: 'open', used};
			}
			phase = 'connect';
			return {kind: 'say', used: 2, bytes: Buffer.concat([Buffer.from([GREETING, 1, 0]), addressOf(host), Buffer.from([port >> 8, port & 255])])};
		},
	};
}

/** An address as SOCKS wants it: IPv4 and names; an IPv6 address too goes as its text, which proxies understand. */
function addressOf(host: string): Buffer {
	return net.isIPv4(host) ? Buffer.from([1, ...host.split('.').map(Number)]) : Buffer.concat([Buffer.from([3]), counted(host)]);
}

function counted(text: string): Buffer {
	const bytes = Buffer.from(text).subarray(0, 255);
	return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function userOf(proxy: URL): string {
	return decodeURIComponent(proxy.username);
}

function passwordOf(proxy: URL): string {
	return decodeURIComponent(proxy.password);
}
