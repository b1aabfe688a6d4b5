import {describe, expect, test} from 'vitest';
import {type Attempt, connectionError} from '../../src/transport/connection-error.ts';

const ATTEMPT: Attempt = {server: 'https://api.test:6443/prefix', expectedName: 'api.test', clientCertificateProblem: () => undefined};

const errorOf = (code: string | undefined, more: object = {}, attempt: Partial<Attempt> = {}) =>
	connectionError(Object.assign(new Error('what Node says'), {...(code === undefined ? {} : {code}), ...more}), {...ATTEMPT, ...attempt});

describe('a failed connection is one line', () => {
	test.each([
		['ECONNREFUSED', 'api.test:6443 refused the connection'],
		['ENOTFOUND', 'there is no host api.test in the DNS'],
		['EAI_AGAIN', 'the DNS did not answer for api.test'],
		['ECONNRESET', 'api.test:6443 broke the connection'],
		['ETIMEDOUT', 'api.test:6443 cannot be reached (ETIMEDOUT)'],
		['EHOSTUNREACH', 'api.test:6443 cannot be reached (EHOSTUNREACH)'],
		['HPE_INVALID_CONSTANT', 'api.test:6443 does not speak HTTP'],
		['ERR_SSL_WRONG_VERSION_NUMBER', 'api.test:6443 does not speak TLS'],
		['SELF_SIGNED_CERT_IN_CHAIN', 'x509: the certificate of api.test:6443 is not signed by a trusted authority'],
		['CERT_HAS_EXPIRED', 'x509: the certificate of api.test:6443 expired on an unknown day'],
		// The names that OpenSSL has had for one and the same alert.
		['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'api.test:6443 asks for a client certificate'],
		['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'api.test:6443 does not accept the client certificate (certificate expired)'],
		['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', 'api.test:6443 does not accept the client certificate (certificate expired)'],
		['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'api.test:6443 does not accept the client certificate (unknown ca)'],
		['ERR_SOMETHING_ELSE', 'api.test:6443: what Node says'],
		[undefined, 'api.test:6443: what Node says'],
	])('%s: %s', (code, message) => expect(errorOf(code)).toMatchObject({kind: 'connection', code: code ?? 'UNKNOWN', message}));

	test('with all addresses of a name failed, by the first', () =>
		expect(errorOf(undefined, {errors: [{code: 'ECONNREFUSED'}, {code: 'ENETUNREACH'}]}).code).toBe('ECONNREFUSED'));
	test("OpenSSL's reason stands alone", () =>
		expect(errorOf('ERR_SSL_X', {reason: 'unsafe legacy renegotiation'}).message).toBe('api.test:6443: unsafe legacy renegotiation'));
	test('what is wrong with our own certificate is the hint where that may be the cause', () => {
		const clientCertificateProblem = () => 'it expired';
		for (const code of ['ECONNRESET', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'])
			expect(errorOf(code, {}, {clientCertificateProblem}).hint).toBe('it expired');
		expect(errorOf('ECONNREFUSED', {}, {clientCertificateProblem}).hint).not.toBe('it expired');
	});
});
