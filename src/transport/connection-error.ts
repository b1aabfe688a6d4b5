import {oneLine} from './one-line.ts';
import type {TransportError} from './transport.ts';

/** What is known of a certificate that was not accepted. */
export type CertificateFacts = {
	readonly subject: string;
	readonly issuer: string;
	readonly names: string;
	readonly validFrom: string;
	readonly validTo: string;
};

/** An error of Node's, with what the connection learned before it failed. */
export type ConnectionFailure = Error & {
	readonly code?: string;
	readonly errors?: ReadonlyArray<{readonly code?: string}>;
	/** OpenSSL's, without its numbers and file names. */
	readonly reason?: string;
	readonly certificate?: CertificateFacts;
};

/** Codes by which Node says that nobody it trusts has signed the certificate. */
export const UNTRUSTED: ReadonlySet<string> = new Set([
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	'UNABLE_TO_GET_ISSUER_CERT',
	'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'CERT_UNTRUSTED',
	'CERT_SIGNATURE_FAILURE',
]);

/** Alerts by which a server says that it does not like the client's certificate. */
const CLIENT_CERTIFICATE_ALERT =
	/^ERR_SSL_.*_ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|CERTIFICATE_REVOKED|UNSUPPORTED_CERTIFICATE)$/;

/** What was tried. */
export type Attempt = {
	/** Absolute URL. */
	readonly server: string;
	/** Name that the certificate had to be for. */
	readonly expectedName: string;
	/** What is wrong with our own certificate, as far as we can see; asked only when that may be the cause. */
	readonly clientCertificateProblem: () => string | undefined;
};

/** What a failed connection means, in one line with a way out. */
export function connectionError(error: ConnectionFailure, attempt: Attempt): Extract<TransportError, {readonly kind: 'connection'}> {
	const code = error.code ?? error.errors?.[0]?.code ?? 'UNKNOWN';
	const {message, hint} = explain(code, error, attempt);
	return hint === undefined ? {kind: 'connection', code, message} : {kind: 'connection', code, message, hint};
}

function explain(
	code: string,
	error: ConnectionFailure,
	{server, expectedName, clientCertificateProblem}: Attempt,
): {readonly message: string; readonly hint?: string | undefined} {
	const {host, hostname} = new URL(server);
	const certificate = error.certificate;
	const whose = certificate === undefined ? `the certificate of ${host}` : `the certificate of ${host} (${certificate.subject})`;
	switch (code) {
		case 'ECONNREFUSED':
			return {message: `${host} refused the connection`, hint: 'is the API server running, and is the port right?'};
		case 'ENOTFOUND':
			return {message: `there is no host ${hostname} in the DNS`, hint: 'check the server in the kubeconfig, and whether a VPN is needed'};
		case 'EAI_AGAIN':
			return {message: `the DNS did not answer for ${hostname}`, hint: 'check the network'};
		case 'ECONNRESET':
		case 'EPIPE':
			// Servers written in Node say nothing to a client whose certificate they do not like.
			return {message: `${host} broke the connection`, hint: clientCertificateProblem()};
		case 'ETIMEDOUT':
		case 'EHOSTUNREACH':
		case 'ENETUNREACH':
			return {message: `${host} cannot be reached (${code})`, hint: 'check the network, and whether a VPN is needed'};
		case 'PROXY':
			return {message: oneLine(error.message), hint: 'check proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY'};
		case 'CERT_HAS_EXPIRED':
			return {
				message: `x509: ${whose} expired on ${certificate?.validTo ?? 'an unknown day'}`,
				hint: "renew it on the server; if it is new, check this machine's clock",
			};
		case 'CERT_NOT_YET_VALID':
			return {message: `x509: ${whose} is valid from ${certificate?.validFrom ?? 'a later day'} only`, hint: "check this machine's clock"};
		case 'ERR_TLS_CERT_ALTNAME_INVALID':
			return {
				message: `x509: ${whose} is valid for ${certificate?.names || 'no name'}, not for ${expectedName}`,
				hint: 'use one of these names as the server, or set tls-server-name',
			};
		case 'EPROTO':
		case 'ERR_SSL_WRONG_VERSION_NUMBER':
		case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
			return {message: `${host} does not speak TLS`, hint: 'is the server http, or another port?'};
		default:
	}
	if (code.startsWith('HPE_')) return {message: `${host} does not speak HTTP`, hint: 'is the port right, and the server https?'};
	if (UNTRUSTED.has(code)) {
		const issued = certificate === undefined ? '' : `, issued by ${certificate.issuer},`;
		return {message: `x509: ${whose}${issued} is not signed by a trusted authority`, hint: 'check certificate-authority in the kubeconfig'};
	}
	const alert = CLIENT_CERTIFICATE_ALERT.exec(code)?.[1];
	if (alert === 'CERTIFICATE_REQUIRED') {
		return {message: `${host} asks for a client certificate`, hint: clientCertificateProblem() ?? 'the user in the kubeconfig has none'};
	}
	if (alert !== undefined) {
		const why = alert.toLowerCase().replaceAll('_', ' ');
		return {message: `${host} does not accept the client certificate (${why})`, hint: clientCertificateProblem() ?? 'log in again'};
	}
	return {message: `${host}: ${oneLine(error.reason ?? error.message)}`};
}
