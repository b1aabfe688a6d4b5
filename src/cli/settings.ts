import {bytesOf, parseQuantity} from '../kube/quantity.ts';
import {err, ok, type Result} from '../util/result.ts';
import type {Options} from './options.ts';

/** The flags, checked and with their defaults. */
export type Settings = {
	readonly access: {
		readonly kubeconfig: string | undefined;
		readonly context: string | undefined;
		readonly cluster: string | undefined;
		readonly user: string | undefined;
		readonly namespace: string | undefined;
		readonly as: string | undefined;
		readonly asGroup: readonly string[] | undefined;
	};
	/** undefined: the whole cluster. */
	readonly namespaces: readonly string[] | undefined;
	readonly selector: string | undefined;
	/** undefined: none, or not given. */
	readonly requestTimeoutMs: number | undefined;
	/** How long what is printed may take to be there. */
	readonly readyWithinMs: number;
	readonly mayWrite: boolean;
	readonly isReadonly: boolean;
	/** Bytes; undefined: by the machine. */
	readonly memoryBudget: number | undefined;
	readonly encoding: 'json' | undefined;
	readonly watchesHpas: boolean;
	/** Words of kube-controller-manager's command line. */
	readonly controllerFlags: readonly string[] | undefined;
	readonly isVerbose: boolean;
	/** A new file to which the screen's session is recorded. */
	readonly recordTo: string | undefined;
	/** How long `kwb record` records; undefined: until it is ended. */
	readonly recordForMs: number | undefined;
	/** What is kept to be saved later. */
	readonly ring: {readonly milliseconds: number; readonly bytes: number};
};

/** What the ring keeps without being told: half an hour, or 24 MB. */
const RING = {milliseconds: 30 * 60_000, bytes: 24_000_000} as const;

const READY_WITHIN_MS = 30_000;
const NO_LIMIT = Number.POSITIVE_INFINITY;

const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** @returns The first thing that is wrong, in one line. */
export function readSettings(options: Options): Result<Settings, string> {
	const namespaces = options.namespace?.split(',').filter(name => name !== '');
	const bad = namespaces?.find(name => !NAMESPACE.test(name));
	if (bad !== undefined || namespaces?.length === 0) return err(`--namespace: ${JSON.stringify(bad ?? options.namespace)} is no name of a namespace`);
	if (namespaces !== undefined && options['all-namespaces'] === true) return err('--namespace and --all-namespaces exclude each other');
	const timeout = options['request-timeout'] === undefined ? undefined : durationMs(options['request-timeout']);
	if (options['request-timeout'] !== undefined && timeout === undefined)
		return err(`--request-timeout: ${JSON.stringify(options['request-timeout'])} is no duration (30s, 1m)`);
	const memory = options.memory === undefined ? undefined : memoryOf(options.memory);
	if (options.memory !== undefined && memory === undefined) return err(`--memory: ${JSON.stringify(options.memory)} is no amount (512Mi, 2Gi)`);
	const recordForMs = options.for === undefined ? undefined : durationMs(options.for);
	if (options.for !== undefined && recordForMs === undefined) return err(`--for: ${JSON.stringify(options.for)} is no duration (30s, 30m)`);
	const ringTime = options['ring-time'] === undefined ? RING.milliseconds : durationMs(options['ring-time']);
	if (ringTime === undefined) return err(`--ring-time: ${JSON.stringify(options['ring-time'])} is no duration (10m, 2h)`);
	const ringBytes = options['ring-size'] === undefined ? RING.bytes : memoryOf(options['ring-size']);
	if (ringBytes === undefined) return err(`--ring-size: ${JSON.stringify(options['ring-size'])} is no amount (24M, 100Mi)`);
	return ok({
		access: {
			kubeconfig: options.kubeconfig,
			context: options.context,
			cluster: options.cluster,
			user: options.user,
			namespace: namespaces?.[0],
			as: options.as,
			asGroup: options['as-group'],
		},
		namespaces,
		selector: options.selector,
		requestTimeoutMs: timeout === NO_LIMIT ? undefined : timeout,
		readyWithinMs: timeout ?? READY_WITHIN_MS,
		mayWrite: options.write === true,
		isReadonly: options.readonly === true,
		memoryBudget: memory,
		watchesHpas: options['watch-hpa'] === true,
		controllerFlags: options['controller-flags']?.split(/[\s]+/).filter(word => word !== ''),
		encoding: options.wire === 'json' ? 'json' : undefined,
		isVerbose: options.verbose === true,
		recordTo: options.record,
		recordForMs,
		ring: {milliseconds: ringTime, bytes: ringBytes},
	});
}

/** `30s`, `1m`, `500ms`, or whole seconds; 0 is no limit, as kubectl has it. */
function durationMs(text: string): number | undefined {
	const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
	if (match === null) return undefined;
	const milliseconds = Number(match[1]) * {ms: 1, s: 1000, m: 60_000, h: 3_600_000}[(match[2] ?? 's') as 'ms' | 's' | 'm' | 'h'];
	return milliseconds === 0 ? NO_LIMIT : milliseconds;
}

/** An amount as a person types it, in bytes. */
function memoryOf(text: string): number | undefined {
	const bytes = parseQuantity(text, 'person').ok ? bytesOf(text) : undefined;
	return bytes !== undefined && bytes > 0 ? bytes : undefined;
}
