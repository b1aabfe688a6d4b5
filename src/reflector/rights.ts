import type {Resource} from '../kube/schema.ts';
import {isJsonObject, parseJson} from '../wire/json-text.ts';
import type {ReflectorContext} from './reflector-context.ts';
import {type ShortRequest, shortRequest} from './short-request.ts';

/** Answers are kept for so long. */
const YES_MS = 10 * 60 * 1000;
/** A server that has just started refuses everybody: "no" must not outlive that. */
const NO_MS = 1000;
/** Namespaces that are asked for; more on demand. */
const MOST_NAMESPACES = 20;

const REVIEWS = '/apis/authorization.k8s.io/v1';

type Rule = {readonly verbs: readonly string[]; readonly apiGroups: readonly string[]; readonly resources: readonly string[]; readonly isNamed: boolean};
type Rules = {readonly rules: readonly Rule[]; readonly isIncomplete: boolean};

/** Where somebody who may not see the whole cluster may see what. Asked after a refusal, never before. */
export type Rights = {
	/** Candidate namespaces in which this resource may be listed, best known first. */
	namespacesFor(resource: Pick<Resource, 'id' | 'group'>, signal: AbortSignal): Promise<readonly string[]>;
};

/** @param candidates Context namespace, those the user names, those learned earlier. The server's own list of namespaces comes after, if it may be read. */
export function createRights(context: ReflectorContext, candidates: () => readonly string[]): Rights {
	const kept = new Map<string, {readonly answer: Promise<unknown>; until: number}>();

	/** The same question is asked once, by whoever comes first. */
	function once<T>(question: string, ask: () => Promise<T>, isYes: (answer: T) => boolean): Promise<T> {
		const known = kept.get(question);
		if (known !== undefined && context.clock.monotonic() < known.until) return known.answer as Promise<T>;
		const entry = {answer: ask(), until: Number.POSITIVE_INFINITY};
		kept.set(question, entry);
		void entry.answer.then(answer => {
			entry.until = context.clock.monotonic() + (isYes(answer) ? YES_MS : NO_MS);
		});
		return entry.answer;
	}

	async function ask(request: ShortRequest, signal: AbortSignal): Promise<Readonly<Record<string, unknown>> | undefined> {
		const answer = await shortRequest(context, request, signal);
		const parsed = answer.ok ? parseJson(answer.value.text) : undefined;
		return parsed?.ok && isJsonObject(parsed.value) ? parsed.value : undefined;
	}

	function review(kind: string, plural: string, spec: object, signal: AbortSignal): Promise<Readonly<Record<string, unknown>> | undefined> {
		const text = JSON.stringify({kind, apiVersion: 'authorization.k8s.io/v1', spec});
		const request: ShortRequest = {
			method: 'POST',
			path: `${REVIEWS}/${plural}`,
			accept: 'application/json',
			body: {contentType: 'application/json', text},
			counted: {verb: 'create', resource: plural},
		};
		return ask(request, signal).then(answer => (isJsonObject(answer?.status) ? answer.status : undefined));
	}

	async function allNamespaces(signal: AbortSignal): Promise<readonly string[]> {
		const answer = await ask(
			{
				path: '/api/v1/namespaces',
				query: {limit: '500'},
				accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
				counted: {verb: 'list', resource: 'namespaces'},
			},
			signal,
		);
		return listOf(answer?.items).flatMap(item => {
			const metadata = isJsonObject(item) ? item.metadata : undefined;
			return isJsonObject(metadata) && typeof metadata.name === 'string' ? [metadata.name] : [];
		});
	}

	async function rulesIn(namespace: string, signal: AbortSignal): Promise<Rules> {
		const status = await review('SelfSubjectRulesReview', 'selfsubjectrulesreviews', {namespace}, signal);
		const rules = listOf(status?.resourceRules)
			.filter(isJsonObject)
			.map(rule => ({
				verbs: stringsOf(rule.verbs),
				apiGroups: stringsOf(rule.apiGroups),
				resources: stringsOf(rule.resources),
				isNamed: listOf(rule.resourceNames).length > 0,
			}));
		return {rules, isIncomplete: status === undefined || status.incomplete === true};
	}

	async function mayList({id, group}: Pick<Resource, 'id' | 'group'>, namespace: string, signal: AbortSignal): Promise<boolean> {
		const {rules, isIncomplete} = await once(
			`rules ${namespace}`,
			() => rulesIn(namespace, signal),
			answer => answer.rules.length > 0,
		);
		const isGranted = rules.some(rule => !rule.isNamed && grants(rule.verbs, 'list') && grants(rule.apiGroups, group) && grants(rule.resources, id));
		// An incomplete list of rules is no proof of "no".
		if (isGranted || !isIncomplete) return isGranted;
		const resourceAttributes = {verb: 'list', group, resource: id, namespace};
		const single = `list ${group}/${id} in ${namespace}`;
		return once(
			single,
			async () => (await review('SelfSubjectAccessReview', 'selfsubjectaccessreviews', {resourceAttributes}, signal))?.allowed === true,
			yes => yes,
		);
	}

	return {
		async namespacesFor(resource, signal) {
			const listed = await once(
				'namespaces',
				() => allNamespaces(signal),
				names => names.length > 0,
			);
			const names = [...new Set([...candidates(), ...listed])].filter(name => name !== '').slice(0, MOST_NAMESPACES);
			const answers = await Promise.all(names.map(name => mayList(resource, name, signal)));
			return names.filter((_, index) => answers[index]);
		},
	};
}

function grants(granted: readonly string[], wanted: string): boolean {
	return granted.includes('*') || granted.includes(wanted);
}

function listOf(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

function stringsOf(value: unknown): readonly string[] {
	return listOf(value).filter(each => typeof each === 'string');
}
