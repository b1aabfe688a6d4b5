import tls from 'node:tls';
import type {Clock} from '../util/clock.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {err, ok, type Result} from '../util/result.ts';
import type {Material, ReadFile, TlsSettings} from './access.ts';
import type {Credential} from './credential.ts';
import {oneLine} from './one-line.ts';
import type {TransportError} from './transport.ts';

/** Certificates ready for connections. The same object until a file or the credential has changed. */
export type TlsMaterial = {
	readonly context: tls.SecureContext;
	/** What is wrong with the client certificate, as far as one can see from here, with what to do. */
	clientCertificateProblem(now: EpochMs): string | undefined;
};

/** How long files are believed before they are looked at again, in ms. */
const BELIEVED_MS = 10_000;

/** Certificates for one cluster and user. */
export type TlsMaterialSource = {
	/** Reads files when they are first needed, and again when they change. One that cannot be read any more leaves what was read before. */
	materialFor(credential: Credential): Result<TlsMaterial, TransportError>;
	/**
	 * From now on also trusts the authorities of the machine, as kubectl does, where the kubeconfig names none. Not
	 * at once, because reading them takes a tenth of a second, and those that Node brings are mostly enough.
	 */
	trustMachine(): void;
};

/** Reads nothing yet. */
export function tlsMaterialSource(settings: TlsSettings, clock: Clock, readFile: ReadFile): TlsMaterialSource {
	let trustsMachine = false;
	let texts: {readonly ca: string | undefined; readonly certificate: string | undefined; readonly key: string | undefined} | undefined;
	let readAt = Number.NEGATIVE_INFINITY;
	let made: {readonly material: TlsMaterial; readonly from: typeof texts; readonly credential: Credential['clientCertificate']} | undefined;

	function refresh(): Result<void, TransportError> {
		if (clock.monotonic() - readAt < BELIEVED_MS) return ok(undefined);
		const {ca, clientCertificate} = settings;
		const fresh = {
			ca: textOf(ca, readFile, 'the certificate authority'),
			certificate: textOf(clientCertificate?.certificate, readFile, 'the client certificate'),
			key: textOf(clientCertificate?.key, readFile, 'the client key'),
		};
		const failure = Object.values(fresh).find(text => !text.ok);
		if (failure !== undefined && !failure.ok && texts === undefined) return failure;
		if (fresh.ca.ok && fresh.certificate.ok && fresh.key.ok) {
			const next = {ca: fresh.ca.value, certificate: fresh.certificate.value, key: fresh.key.value};
			if (texts === undefined || next.ca !== texts.ca || next.certificate !== texts.certificate || next.key !== texts.key) texts = next;
		}
		readAt = clock.monotonic();
		return ok(undefined);
	}

	function materialFor({clientCertificate}: Credential): Result<TlsMaterial, TransportError> {
		const refreshed = refresh();
		if (!refreshed.ok) return refreshed;
		if (made !== undefined && made.from === texts && made.credential === clientCertificate) return ok(made.material);
		const certificate = clientCertificate?.certificate ?? texts?.certificate;
		const key = clientCertificate?.key ?? texts?.key;
		const context = contextOf(texts?.ca ?? (trustsMachine ? publicRoots() : undefined), certificate, key);
		if (!context.ok) {
			// A certificate half written beside its key: the old pair goes on until both are there.
			if (made !== undefined && made.credential === clientCertificate) return ok(made.material);
			return context;
		}
		made = {
			material: {context: context.value, clientCertificateProblem: now => problemOf(certificate, key, now)},
			from: texts,
			credential: clientCertificate,
		};
		return ok(made.material);
	}

	return {
		materialFor,
		trustMachine() {
			if (trustsMachine || settings.ca !== undefined) return;
			trustsMachine = true;
			made = undefined;
		},
	};
}

function contextOf(ca: string | string[] | undefined, cert: string | undefined, key: string | undefined): Result<tls.SecureContext, TransportError> {
	if (typeof ca === 'string' && !ca.includes('-----BEGIN CERTIFICATE-----'))
		return err({kind: 'connection', code: 'BAD_CA', message: 'the certificate authority in the kubeconfig holds no PEM certificate'});
	try {
		// An intermediate may stand for a root, as in Go.
		return ok(
			tls.createSecureContext({
				allowPartialTrustChain: true,
				...(ca === undefined ? {} : {ca}),
				...(cert === undefined || key === undefined ? {} : {cert, key}),
			} as tls.SecureContextOptions),
		);
	} catch (error) {
		const why = oneLine((error as Error).message);
		if (cert === undefined) return err({kind: 'connection', code: 'BAD_CA', message: `the certificate authority in the kubeconfig cannot be used: ${why}`});
		return err({kind: 'credential', message: `the client certificate and its key cannot be used: ${why}`});
	}
}

function problemOf(certificatePem: string | undefined, keyPem: string | undefined, now: EpochMs): string | undefined {
	if (certificatePem === undefined || keyPem === undefined) return undefined;
	const {createPrivateKey, X509Certificate} = process.getBuiltinModule('node:crypto');
	const certificate = new X509Certificate(certificatePem);
	const name = `the client certificate (${oneLine(certificate.subject.replaceAll('\n', ', '))})`;
	if (Date.parse(certificate.validTo) < now) return `${name} expired on ${certificate.validTo}: log in again`;
	if (Date.parse(certificate.validFrom) > now) return `${name} is valid from ${certificate.validFrom} only: check this machine's clock`;
	if (!certificate.checkPrivateKey(createPrivateKey(keyPem))) return `${name} and the client key do not belong together`;
	return undefined;
}

/** The roots that Node brings and those that the machine trusts: kubectl knows the latter. */
export function publicRoots(): string[] {
	return [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])];
}

function textOf(material: Material | undefined, readFile: ReadFile, what: string): Result<string | undefined, TransportError> {
	if (material === undefined) return ok(undefined);
	if (material.kind === 'inline') return ok(material.pem);
	try {
		return ok(readFile(material.path));
	} catch (error) {
		const why = (error as NodeJS.ErrnoException).code ?? 'unreadable';
		const message = `${what} ${material.path} cannot be read: ${why}`;
		return err(what === 'the certificate authority' ? {kind: 'connection', code: 'BAD_CA', message} : {kind: 'credential', message});
	}
}
