import type {MetricRequest, MetricsGroup} from '../observe/hpa-metric-requests.ts';
import type {MetricValue, MetricValuesAnswer} from '../observe/observation.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {isJsonObject, parseJson} from '../wire/json-text.ts';
import {createGate} from './gate.ts';
import {createPassPoller} from './pass-poller.ts';
import type {ReflectorContext} from './reflector-context.ts';
import {messageOf, shortRequest} from './short-request.ts';

/** Questions at once: an adapter asks a monitoring system for each of them. */
const AT_ONCE = 4;
/** What is not served, or not for this user, is asked again after this. */
const UNREADABLE_MS = 300_000;
/** Versions that are understood, best first. */
const VERSIONS: Readonly<Record<MetricsGroup, readonly string[]>> = {
	'custom.metrics.k8s.io': ['v1beta2', 'v1beta1'],
	'external.metrics.k8s.io': ['v1beta1'],
};

export type CustomMetricsOptions = {
	/** By discovery; undefined while it has not answered. */
	readonly versionsOf: (group: string) => readonly string[] | undefined;
	/** What autoscalers ask now, and in how many ms the next pass of one of them will ask it; undefined: nobody knows. */
	readonly requests: () => ReadonlyArray<{readonly request: MetricRequest; readonly nextPassInMs: number | undefined}>;
	/** Between two answers to one question, ms. */
	readonly periodMs: () => number;
};

/** Asks the custom and external metrics APIs what the HPA controller asks them, as long as somebody looks. */
export type CustomMetricsPoller = {
	start(): void;
	stop(): void;
	pollNow(): void;
};

export function createCustomMetricsPoller(context: ReflectorContext, {versionsOf, requests, periodMs}: CustomMetricsOptions): CustomMetricsPoller {
	const gate = createGate(AT_ONCE);
	const {start, stop, pollNow, rest} = createPassPoller<MetricRequest>(context.clock, {
		// HPAs that share a question are satisfied by the first of their passes.
		questions: () =>
			requests()
				.filter(({request}) => versionsOf(request.group) !== undefined)
				.map(({request, nextPassInMs}) => ({key: request.key, question: request, nextPassInMs})),
		periodMs,
		ask,
	});

	async function ask(request: MetricRequest, signal: AbortSignal): Promise<void> {
		const served = versionsOf(request.group);
		if (served === undefined) return;
		const version = VERSIONS[request.group].find(each => served.includes(each));
		if (version === undefined) return tell(request, {kind: 'unreadable', because: `the server does not serve ${request.group}`});
		const leave = await gate.enter(() => 0, signal);
		if (leave === undefined) return;
		try {
			const answer = await shortRequest(
				context,
				{
					path: `/apis/${request.group}/${version}/${request.path}`,
					query: request.query,
					accept: 'application/json',
					counted: {verb: 'get', resource: request.group},
				},
				signal,
			);
			if (signal.aborted) return;
			if (answer.ok) return tell(request, readValues(answer.value.text));
			const {error} = answer;
			if (error.kind !== 'status') return tell(request, {kind: 'unreadable', because: messageOf(error)});
			if (error.status === 403) return tell(request, {kind: 'unreadable', because: error.message});
			// The API is served: a metric that it does not find (404) nobody else finds either.
			tell(request, {kind: 'failed', message: error.message});
		} finally {
			leave();
		}
	}

	function tell({key}: MetricRequest, answer: MetricValuesAnswer): void {
		if (answer.kind === 'unreadable') rest(key, UNREADABLE_MS);
		context.observe({kind: 'metricValues', request: key, answer});
	}

	return {start, stop, pollNow};
}

/** The items of a MetricValueList or an ExternalMetricValueList. */
export function readValues(text: string): MetricValuesAnswer {
	const parsed = parseJson(text);
	const items = parsed.ok && isJsonObject(parsed.value) ? parsed.value.items : undefined;
	if (!Array.isArray(items)) return {kind: 'unreadable', because: 'the answer is no list of values'};
	const values: MetricValue[] = [];
	for (const item of items) {
		if (!isJsonObject(item)) continue;
		const {value, timestamp, describedObject} = item;
		if (typeof value !== 'string' && typeof value !== 'number') continue;
		const at = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
		const name = isJsonObject(describedObject) ? describedObject.name : undefined;
		values.push({object: typeof name === 'string' ? name : '', value: String(value), timestamp: Number.isFinite(at) ? (at as EpochMs) : undefined});
	}
	return {kind: 'values', values};
}
