import type {Citation, Explanation, Outcome, Step, Verdict} from '../../explain/explanation.ts';
import type {Node} from '../../kube/resources/nodes.ts';
import type {Container, ContainerStatus, Pod} from '../../kube/resources/pods.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';
import {isSidecar} from './pod-resources.ts';
import {type NodeSample, ownSample, type PodSample, sampleAge} from './sample.ts';

/** How the metrics API answered the last time that it was asked for this kind and scope. */
export type MetricsAnswer =
	| {readonly kind: 'ok'; readonly version: string; readonly items: number; readonly at: EpochMs}
	| {readonly kind: 'failed'; readonly status: number | undefined; readonly message: string; readonly at: EpochMs; readonly nextTryAt: EpochMs};

/** Condition `Available` of the APIService behind the metrics API. */
export type ApiServiceCondition = {readonly status: string; readonly reason: string; readonly message: string};

/** What is known of the road that samples take. Everything may be unknown. */
export type MetricsRoad = {
	/** Group versions of `metrics.k8s.io` by discovery; empty: the group is not there; undefined: discovery is not known. */
	readonly versions: readonly string[] | undefined;
	/** undefined: nothing was asked, or no answer came yet. */
	readonly answer: MetricsAnswer | undefined;
	/** undefined: not looked at, or not permitted to. */
	readonly apiService: ApiServiceCondition | undefined;
	readonly cadenceMs: number | undefined;
	readonly now: EpochMs;
};

/** `unseen`: samples of nodes cannot be had (forbidden, not asked), so that a missing one says nothing. */
export type SeenNodeSample = NodeSample | undefined | 'unseen';

export type SampleSubject =
	| {readonly kind: 'pod'; readonly pod: Pod; readonly sample: PodSample | undefined; readonly nodeSample: SeenNodeSample}
	| {readonly kind: 'container'; readonly pod: Pod; readonly container: string; readonly sample: PodSample | undefined; readonly nodeSample: SeenNodeSample}
	| {readonly kind: 'node'; readonly node: Node; readonly sample: NodeSample | undefined}
	/** No object: can samples be had at all? */
	| {readonly kind: 'api'};

/** Stable names of what keeps a sample away. */
export type SampleCause =
	| 'notAsked'
	| 'apiAbsent'
	| 'apiUnavailable'
	| 'apiForbidden'
	| 'apiUnauthorized'
	| 'apiThrottled'
	| 'apiFailed'
	| 'apiUnreachable'
	| 'apiEmpty'
	| 'notRunning'
	| 'finished'
	| 'noSuchContainer'
	| 'containerEnded'
	| 'containerWaiting'
	| 'containerYoung'
	| 'containerRestarted'
	| 'nodeNotReady'
	| 'nodeNotScraped'
	| 'predecessor'
	| 'stale'
	| 'zeroUse';

export type SampleStepId = 'discovery' | 'answer' | 'apiService' | 'node' | 'phase' | 'container' | 'age' | 'sample' | 'zeroUse';

/** Why there is no usable sample; `cause` is undefined when there is one. */
export type SampleExplanation = Explanation<SampleStepId, string | number | undefined> & {readonly cause: SampleCause | undefined};

type Check = Step<SampleStepId, string | number | undefined> & {readonly outcome: Outcome; readonly cause?: SampleCause; readonly says?: string};

/** A container younger than this has no figure from a single scrape; see {@link explainSample}. */
const FIRST_FIGURE_MS = 10_000;
const USUAL_CADENCE_MS = 15_000;

const server = (file: string, symbol: string): Citation => ({project: 'metrics-server', release: 'v0.9.0', file, symbol});
const aggregator: Citation = {
	project: 'kube-aggregator',
	release: 'v0.37.2',
	file: 'pkg/controllers/status/remote/remote_available_controller.go',
	symbol: 'AvailableConditionController.sync',
};

/**
 * Why a pod, a container or a node shows no usage, or that it does and how old it is. Every link is looked at; the headline is the
 * first that failed, and the deepest failed one behind it follows as its likely cause.
 */
export function explainSample(subject: SampleSubject, road: MetricsRoad): SampleExplanation {
	const checks: Check[] = [checkDiscovery(road), checkAnswer(road), checkApiService(road)];
	if (subject.kind === 'api') return explainRoad(checks);
	if (subject.kind === 'node') checks.push(checkNode(subject.node));
	else {
		checks.push(checkPhase(subject.pod), checkNodeSample(subject.pod, subject.nodeSample, road));
		const named = subject.kind === 'container' ? [subject.container] : stayingContainers(subject.pod);
		checks.push(...checkContainers(subject.pod, named, subject.kind === 'container', road));
	}
	checks.push(checkSample(subject, road));

	const sampleCheck = checks.at(-1)!;
	const steps = checks.map(stepOf);
	if (sampleCheck.outcome === 'passed') return {verdict: {kind: 'good', text: sampleCheck.working}, steps, cause: undefined};

	const failures = checks.filter(check => check.outcome === 'failed' && check.cause !== undefined);
	const first = failures[0];
	const rest = failures.filter(check => check !== first && check !== sampleCheck);
	const deepest = rest.at(-1);
	if (first !== undefined && (first !== sampleCheck || first.cause !== 'zeroUse')) {
		const because = deepest === undefined ? '' : `; likely because ${deepest.says ?? deepest.working}`;
		return {verdict: {kind: verdictKindOf(first.cause), text: `${first.says ?? first.working}${because}`}, steps, cause: first.cause};
	}
	if (road.answer === undefined) return {verdict: {kind: 'unknown', text: 'usage was not asked for yet'}, steps, cause: 'notAsked'};
	return {verdict: {kind: 'warn', text: LEFT_OUT[subject.kind]}, steps, cause: 'zeroUse'};
}

/** What is left when every link that can be seen holds. */
const LEFT_OUT = {
	pod: 'the metrics API leaves it out: a container that has used no CPU or no memory since its start hides its whole pod',
	container: 'the metrics API leaves this container out: its counter went backwards, or it has used no CPU or no memory since its start',
	node: 'the metrics API leaves it out: its kubelet was not reached in the last round, or reported no use at all',
} as const;

/** The part of the road that all objects share. */
function explainRoad(checks: readonly Check[]): SampleExplanation {
	const steps = checks.map(stepOf);
	const [first, ...rest] = checks.filter(check => check.outcome === 'failed');
	if (first !== undefined) {
		const deepest = rest.at(-1);
		const because = deepest === undefined ? '' : `; likely because ${deepest.says ?? deepest.working}`;
		return {verdict: {kind: verdictKindOf(first.cause), text: `${first.says ?? first.working}${because}`}, steps, cause: first.cause};
	}
	if (checks.some(check => check.id === 'answer' && check.outcome === 'passed'))
		return {verdict: {kind: 'good', text: 'the metrics API answers'}, steps, cause: undefined};
	return {verdict: {kind: 'unknown', text: 'usage was not asked for yet'}, steps, cause: 'notAsked'};
}

function stepOf({cause: _cause, says: _says, ...step}: Check): Step<SampleStepId, string | number | undefined> {
	return step;
}

/** Some are in the order of things and pass by themselves. */
function verdictKindOf(cause: SampleCause | undefined): Verdict['kind'] {
	switch (cause) {
		case 'finished':
		case 'notRunning':
		case 'containerEnded':
		case 'containerYoung':
		case 'containerRestarted':
		case 'predecessor':
			return 'warn';
		case 'notAsked':
			return 'unknown';
		default:
			return 'bad';
	}
}

function checkDiscovery({versions}: MetricsRoad): Check {
	if (versions === undefined) return {id: 'discovery', working: 'it is not known yet which APIs the server has', value: undefined, outcome: 'unknown'};
	if (versions.length === 0) {
		return {
			id: 'discovery',
			working: 'metrics.k8s.io is not among the server’s APIs',
			value: undefined,
			outcome: 'failed',
			cause: 'apiAbsent',
			says: 'no metrics API is installed (metrics-server, or an adapter)',
		};
	}
	// Being listed does not mean being served.
	return {id: 'discovery', working: `metrics.k8s.io is listed: ${versions.join(', ')}`, value: versions.join(','), outcome: 'passed'};
}

function checkAnswer({answer, now}: MetricsRoad): Check {
	if (answer === undefined) return {id: 'answer', working: 'the metrics API has not answered yet', value: undefined, outcome: 'unknown'};
	const ago = `${seconds(now - answer.at)} ago`;
	if (answer.kind === 'ok') {
		if (answer.items > 0)
			return {
				id: 'answer',
				working: `${answer.version} answered ${ago} with ${answer.items} sample${answer.items === 1 ? '' : 's'}`,
				value: answer.items,
				outcome: 'passed',
			};
		return {
			id: 'answer',
			working: `${answer.version} answered ${ago} with an empty list`,
			value: 0,
			outcome: 'failed',
			cause: 'apiEmpty',
			says: 'the metrics API has no samples at all: it was started a moment ago, or every scrape fails',
			citation: server('pkg/storage/storage.go', 'Ready'),
		};
	}
	const failed = {id: 'answer', value: answer.status, outcome: 'failed'} as const;
	const said = answer.message === '' ? '' : `: ${answer.message}`;
	switch (answer.status) {
		case undefined:
			return {...failed, working: `no answer ${ago}${said}`, cause: 'apiUnreachable', says: `the metrics API could not be asked${said}`};
		case 404:
			return {...failed, working: `404 ${ago}${said}`, cause: 'apiAbsent', says: 'no metrics API is installed (metrics-server, or an adapter)'};
		case 503:
			return {
				...failed,
				working: `503 ${ago}${said}`,
				cause: 'apiUnavailable',
				says: `the metrics API is registered but not available${said}`,
				citation: aggregator,
			};
		case 403:
			return {...failed, working: `403 ${ago}${said}`, cause: 'apiForbidden', says: 'you may not list pods or nodes of metrics.k8s.io'};
		case 401:
			return {...failed, working: `401 ${ago}${said}`, cause: 'apiUnauthorized', says: `the metrics API does not accept who is asking${said}`};
		case 429:
			return {...failed, working: `429 ${ago}${said}`, cause: 'apiThrottled', says: 'the API server turned the request for usage away: too many requests'};
		default:
			return {...failed, working: `${answer.status} ${ago}${said}`, cause: 'apiFailed', says: `the metrics API failed with ${answer.status}${said}`};
	}
}

function checkApiService({apiService}: MetricsRoad): Check {
	if (apiService === undefined) return {id: 'apiService', working: 'the APIService was not looked at', value: undefined, outcome: 'unknown'};
	const text = `Available=${apiService.status}, ${apiService.reason}`;
	if (apiService.status === 'True') return {id: 'apiService', working: text, value: apiService.reason, outcome: 'passed', citation: aggregator};
	return {
		id: 'apiService',
		working: `${text}: ${apiService.message}`,
		value: apiService.reason,
		outcome: 'failed',
		cause: 'apiUnavailable',
		says: `the APIService says ${apiService.reason}: ${apiService.message}`,
		citation: aggregator,
	};
}

function checkNode(node: Node): Check {
	const ready = node.status.conditions.find(condition => condition.type === 'Ready');
	if (ready?.status === 'True') return {id: 'node', working: 'the node is Ready', value: 'True', outcome: 'passed'};
	const state = ready === undefined ? 'has no Ready condition' : `is not ready: ${ready.reason} ${ready.message}`.trim();
	return {id: 'node', working: `the node ${state}`, value: ready?.status, outcome: 'failed', cause: 'nodeNotReady', says: `the node ${state}`};
}

function checkNodeSample(pod: Pod, sample: SeenNodeSample, {answer, now, cadenceMs}: MetricsRoad): Check {
	const name = pod.spec.nodeName;
	if (name === '') return {id: 'node', working: 'the pod is on no node yet', value: undefined, outcome: 'skipped'};
	if (sample === 'unseen') return {id: 'node', working: 'samples of nodes were not seen', value: undefined, outcome: 'unknown'};
	if (sample === undefined) {
		if (answer?.kind !== 'ok') return {id: 'node', working: `there is no sample of node ${name} either`, value: undefined, outcome: 'unknown'};
		return {
			id: 'node',
			working: `there is no sample of node ${name} either`,
			value: undefined,
			outcome: 'failed',
			cause: 'nodeNotScraped',
			says: `node ${name} has no sample either: its kubelet was not reached`,
			citation: server('pkg/scraper/scraper.go', 'Scrape'),
		};
	}
	const {ageMs, kind} = sampleAge(sample.timestamp, now, cadenceMs);
	if (kind === 'stale') {
		return {
			id: 'node',
			working: `the last sample of node ${name} is ${seconds(ageMs)} old`,
			value: ageMs,
			outcome: 'failed',
			cause: 'nodeNotScraped',
			says: `node ${name} was last reached ${seconds(ageMs)} ago`,
			citation: server('pkg/scraper/scraper.go', 'Scrape'),
		};
	}
	return {id: 'node', working: `node ${name} has a sample, ${seconds(ageMs)} old`, value: ageMs, outcome: 'passed'};
}

function checkPhase(pod: Pod): Check {
	const {phase} = pod.status;
	const citation = server('pkg/server/informer.go', 'runningPodMetadataInformer');
	if (phase === 'Running') return {id: 'phase', working: 'the pod is Running', value: phase, outcome: 'passed', citation};
	const isFinished = phase === 'Succeeded' || phase === 'Failed';
	return {
		id: 'phase',
		working: `the pod is ${phase === '' ? 'of no phase yet' : phase}; only Running pods are measured`,
		value: phase,
		outcome: 'failed',
		cause: isFinished ? 'finished' : 'notRunning',
		says: isFinished
			? `the pod has ended (${phase}); only Running pods are measured`
			: `the pod is ${phase === '' ? 'not started' : phase}, not Running; only Running pods are measured`,
		citation,
	};
}

/** A pod is given only when each of its running containers has two points, or one and the right age. */
function checkContainers(pod: Pod, names: readonly string[], isAsked: boolean, road: MetricsRoad): readonly Check[] {
	const statuses = new Map([...pod.status.initContainerStatuses, ...pod.status.containerStatuses].map(status => [status.name, status]));
	return names.map(name => {
		const status = statuses.get(name);
		if (status === undefined) {
			const exists = [...pod.spec.containers, ...pod.spec.initContainers].some(container => container.name === name);
			if (exists) return {id: 'container', working: `container ${name} was not started yet`, value: name, outcome: 'failed', cause: 'containerWaiting'};
			return {id: 'container', working: `the pod has no container ${name}`, value: name, outcome: 'failed', cause: 'noSuchContainer'};
		}
		return checkContainer(status, isAsked, road);
	});
}

function checkContainer(status: ContainerStatus, isAsked: boolean, {now, cadenceMs}: MetricsRoad): Check {
	const {name, state, lastState, restartCount} = status;
	const citation = server('pkg/storage/pod.go', 'podStorage.Store');
	if (state.terminated !== undefined) {
		// Ended containers vanish from what the kubelet reports; they do not hide their pod.
		const working = `container ${name} has ended (${state.terminated.reason === '' ? `exit ${state.terminated.exitCode}` : state.terminated.reason})`;
		return isAsked
			? {id: 'container', working, value: name, outcome: 'failed', cause: 'containerEnded'}
			: {id: 'container', working, value: name, outcome: 'skipped'};
	}
	if (state.running === undefined) {
		const reason = state.waiting?.reason ?? '';
		const working = `container ${name} is waiting${reason === '' ? '' : ` (${reason})`}`;
		return isAsked || reason !== ''
			? {id: 'container', working, value: name, outcome: 'failed', cause: 'containerWaiting', says: working}
			: {id: 'container', working, value: name, outcome: 'unknown'};
	}

	const cadence = cadenceMs ?? USUAL_CADENCE_MS;
	const {startedAt} = state.running;
	if (startedAt === undefined) return {id: 'container', working: `container ${name} runs; since when is not said`, value: name, outcome: 'unknown'};
	const age = now - startedAt;
	// Two scrapes must have seen it, and their answer must have reached us.
	if (age <= FIRST_FIGURE_MS + 2 * cadence) {
		const restarted = restartCount > 0 || lastState.terminated !== undefined;
		const what = restarted ? `restarted ${seconds(age)} ago` : `only ${seconds(age)} old`;
		return {
			id: 'age',
			working: `container ${name} was ${what.replace(/^only/, 'started, and is only')}; until it has two points the whole pod is left out`,
			value: age,
			outcome: 'failed',
			cause: restarted ? 'containerRestarted' : 'containerYoung',
			says: `container ${name} ${restarted ? 'was ' : 'is '}${what}: it needs two scrapes, and until then its whole pod is left out`,
			citation,
		};
	}
	return {id: 'age', working: `container ${name} has been running for ${seconds(age)}`, value: age, outcome: 'passed', citation};
}

function checkSample(subject: Exclude<SampleSubject, {readonly kind: 'api'}>, {answer, now, cadenceMs}: MetricsRoad): Check {
	const {sample} = subject;
	if (sample === undefined) {
		if (answer?.kind !== 'ok') return {id: 'sample', working: 'no sample was seen', value: undefined, outcome: 'unknown'};
		// All links before it hold: what is left is the zero rule.
		const citation = server('pkg/scraper/client/resource/decode.go', subject.kind === 'node' ? 'decodeBatch' : 'checkContainerMetrics');
		return {id: 'zeroUse', working: 'the answer does not name it', value: undefined, outcome: 'failed', cause: 'zeroUse', citation};
	}
	if (subject.kind !== 'node' && ownSample(subject.pod, sample) === undefined) {
		return {
			id: 'sample',
			working: 'the last sample was taken before this pod started: it is of an earlier pod of the same name',
			value: sample.timestamp,
			outcome: 'failed',
			cause: 'predecessor',
			says: 'the last sample is of an earlier pod of the same name',
		};
	}
	const {ageMs, kind} = sampleAge(sample.timestamp, now, cadenceMs);
	if (kind === 'stale')
		return {
			id: 'sample',
			working: `no sample since ${seconds(ageMs)}`,
			value: ageMs,
			outcome: 'failed',
			cause: 'stale',
			says: `no new sample since ${seconds(ageMs)}`,
		};
	if (subject.kind === 'container') {
		const status = subject.pod.status.containerStatuses.find(each => each.name === subject.container);
		const startedAt = status?.state.running?.startedAt;
		const usage = (subject.sample as PodSample).containers.find(container => container.name === subject.container);
		if (startedAt !== undefined && startedAt > sample.timestamp) {
			return {
				id: 'sample',
				working: `the last sample, ${seconds(ageMs)} old, was taken before container ${subject.container} was started again`,
				value: ageMs,
				outcome: 'failed',
				cause: 'containerRestarted',
				says: `container ${subject.container} was restarted after the last sample`,
			};
		}
		if (usage === undefined)
			return {
				id: 'sample',
				working: `the sample, ${seconds(ageMs)} old, does not tell of container ${subject.container}`,
				value: ageMs,
				outcome: 'failed',
				cause: 'zeroUse',
			};
	}
	return {
		id: 'sample',
		working: `a sample, ${seconds(ageMs)} old, over ${seconds(sample.windowMs)}`,
		value: ageMs,
		outcome: 'passed',
		citation: server('pkg/storage/types.go', 'resourceUsage'),
	};
}

/** Containers that run as long as the pod does. */
function stayingContainers(pod: Pod): readonly string[] {
	const names = (containers: readonly Container[]): readonly string[] => containers.map(container => container.name);
	return [...names(pod.spec.initContainers.filter(isSidecar)), ...names(pod.spec.containers)];
}

/** Whole seconds up to two minutes, then minutes: the working is read, not computed with. */
function seconds(milliseconds: number): string {
	const whole = Math.max(0, Math.round(milliseconds / 1000));
	return whole < 120 ? `${whole} s` : whole < 7200 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 3600)} h`;
}
