import type {Observation} from '../observe/observation.ts';
import type {Cancel} from '../util/clock.ts';
import {isJsonObject, parseJson} from '../wire/json-text.ts';
import type {ReflectorContext} from './reflector-context.ts';
import {messageOf, type ShortRequest, shortRequest} from './short-request.ts';

/** The condition changes within half a minute of its cause (metrics API reference 2.2): asking more often tells nothing new. */
const ASK_AGAIN_MS = 30_000;
/** While it says that all is well it has not noticed yet: the next failure asks again, though not every scope's. */
const UNNOTICED_MS = 5000;
/** The note that Top's explanations read: `STATUS REASON MESSAGE…`. */
const TOPIC = 'apiservice/metrics.k8s.io';

const APISERVICE: ShortRequest = {
	path: '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io',
	accept: 'application/json',
	counted: {verb: 'get', resource: 'apiservices'},
};

/** Looks at the APIService of the metrics API when that fails, and only then; what it says becomes a note. */
export function watchMetricsApiService(context: ReflectorContext, subscribe: (listener: (observation: Observation) => void) => Cancel): Cancel {
	const controller = new AbortController();
	let askedAt = Number.NEGATIVE_INFINITY;
	let told: string | undefined;

	const unsubscribe = subscribe(observation => {
		if (observation.kind !== 'fact' || observation.fact.name !== 'metricsApi') return;
		const {answer} = observation.fact;
		if (answer.kind === 'ok' && (answer.items > 0 || told === undefined)) return forget();
		if (answer.kind === 'failed' && answer.status === 403) return;
		const isUnnoticed = told?.startsWith('True') === true;
		if (context.clock.monotonic() - askedAt < (isUnnoticed ? UNNOTICED_MS : ASK_AGAIN_MS)) return;
		askedAt = context.clock.monotonic();
		void ask();
	});

	/** The API answers again: what its APIService said before is history. */
	function forget(): void {
		if (told === undefined) return;
		askedAt = Number.NEGATIVE_INFINITY;
		tell('True Passed the metrics API answers');
		told = undefined;
	}

	function tell(value: string): void {
		if (value === told) return;
		told = value;
		context.observe({kind: 'fact', fact: {name: 'note', topic: TOPIC, value}});
	}

	async function ask(): Promise<void> {
		const answer = await shortRequest(context, APISERVICE, controller.signal);
		if (controller.signal.aborted) return;
		if (answer.ok) return tell(conditionOf(answer.value.text) ?? 'Unknown NoCondition the APIService has no condition Available');
		const {error} = answer;
		if (error.kind === 'status' && error.status === 404) return tell('False NotRegistered there is no APIService v1beta1.metrics.k8s.io');
		if (error.kind === 'status' && error.status === 403) return tell('Unknown Forbidden may not get apiservices');
		tell(`Unknown Unreadable ${messageOf(error)}`);
	}

	return () => {
		unsubscribe();
		controller.abort();
	};
}

function conditionOf(text: string): string | undefined {
	const parsed = parseJson(text);
	const status = parsed.ok && isJsonObject(parsed.value) ? parsed.value.status : undefined;
	const conditions = isJsonObject(status) && Array.isArray(status.conditions) ? status.conditions : [];
	const available: unknown = conditions.find(condition => isJsonObject(condition) && condition.type === 'Available');
	if (!isJsonObject(available)) return undefined;
	return [available.status, available.reason, available.message].map(part => (typeof part === 'string' ? part : '–')).join(' ');
}
