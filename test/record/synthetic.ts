import {pods, type Pod} from '../../src/kube/resources/pods.ts';
import type {Stored} from '../../src/kube/schema.ts';
import type {ObservationBody, UsageSample} from '../../src/observe/observation.ts';
import {samplesOf} from '../../src/observe/samples.ts';
import {type EpochMs, epochMs} from '../../src/util/epoch-ms.ts';
import type {Bytes, NanoCores} from '../../src/util/units.ts';
import {emptyOf} from '../../src/wire/empty.ts';

/** A cluster that never was, the same for the same seed: pods that come, change, crash and go, and their usage. */
export type Synthetic = {
	/** The first list of pods and nodes. */
	first(now: EpochMs): readonly ObservationBody[];
	/** One more event of a pod. */
	change(now: EpochMs): ObservationBody;
	samples(now: EpochMs): ObservationBody;
};

const EMPTY_POD = emptyOf(pods.fields) as Pod;
const NAMESPACES = ['shop', 'payments', 'logistics', 'platform', 'data'];

/** Numbers in [0, 1), by Marsaglia's xorshift32. */
export function seeded(seed: number): () => number {
	let state = seed | 1;
	return () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) / 2 ** 32;
	};
}

export function syntheticCluster(count: number, seed = 1): Synthetic {
	const random = seeded(seed);
	const pick = (below: number): number => Math.floor(random() * below);
	const hex = (digits: number): string => Array.from({length: digits}, () => pick(16).toString(16)).join('');
	const uid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
	let version = 100_000;
	let replicaSets = 0;
	const owners = Array.from({length: Math.max(1, Math.floor(count / 20))}, () => {
		const id = replicaSets++;
		return {
			namespace: NAMESPACES[id % NAMESPACES.length]!,
			name: `app-${id}-${hex(10)}`,
			uid: uid(),
			labels: new Map([
				['app', `app-${id}`],
				['pod-template-hash', hex(10)],
			]),
			requests: new Map([
				['cpu', `${100 + pick(9) * 50}m`],
				['memory', `${128 * (1 + pick(8))}Mi`],
			]),
		};
	});
	const live: Pod[] = [];

	function makePod(now: EpochMs): Pod {
		const owner = owners[pick(owners.length)]!;
		const started = epochMs(Math.floor(now / 1000) * 1000 - 1000 * pick(86_400));
		const ip = `10.${pick(256)}.${pick(256)}.${pick(256)}`;
		return {
			...EMPTY_POD,
			metadata: {
				...EMPTY_POD.metadata,
				name: `${owner.name}-${hex(5)}`,
				namespace: owner.namespace,
				uid: uid(),
				resourceVersion: String(++version),
				creationTimestamp: started,
				labels: owner.labels,
				ownerReferences: [{kind: 'ReplicaSet', name: owner.name, uid: owner.uid, apiVersion: 'apps/v1', controller: true}],
			},
			spec: {
				...EMPTY_POD.spec,
				nodeName: `node-${pick(Math.max(1, Math.ceil(count / 50)))}`,
				restartPolicy: 'Always',
				dnsPolicy: 'ClusterFirst',
				terminationGracePeriodSeconds: 30,
				containers: [
					{
						name: 'app',
						image: `registry.example/app:${1 + pick(4)}`,
						ports: [],
						resources: {limits: new Map(), requests: owner.requests},
						restartPolicy: undefined,
					},
				],
			},
			status: {
				...EMPTY_POD.status,
				phase: 'Running',
				qosClass: 'Burstable',
				podIP: ip,
				podIPs: [{ip}],
				hostIP: `10.0.0.${pick(250)}`,
				startTime: started,
				conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(type => ({
					type,
					status: 'True',
					lastTransitionTime: started,
					reason: '',
					message: '',
				})),
				containerStatuses: [
					{
						...(emptyOf(
							(pods.fields.status.fields as unknown as {containerStatuses: {fields: never}}).containerStatuses.fields,
						) as Pod['status']['containerStatuses'][number]),
						name: 'app',
						ready: true,
						started: true,
						state: {waiting: undefined, running: {startedAt: started}, terminated: undefined},
						lastState: {waiting: undefined, running: undefined, terminated: undefined},
					},
				],
			},
		};
	}

	function changed(pod: Pod, now: EpochMs): Pod {
		const at = epochMs(Math.floor(now / 1000) * 1000);
		const isReady = pod.status.containerStatuses[0]!.ready;
		version += 1 + pick(5);
		const status = pod.status.containerStatuses[0]!;
		return {
			...pod,
			metadata: {...pod.metadata, resourceVersion: String(version)},
			status: {
				...pod.status,
				conditions: pod.status.conditions.map(condition =>
					condition.type === 'Ready' || condition.type === 'ContainersReady'
						? {
								...condition,
								status: isReady ? 'False' : 'True',
								lastTransitionTime: at,
								reason: isReady ? 'ContainersNotReady' : '',
								message: isReady ? 'containers with unready status: [app]' : '',
							}
						: {...condition},
				),
				containerStatuses: [
					{
						...status,
						ready: !isReady,
						restartCount: status.restartCount + (isReady ? 1 : 0),
						state: isReady
							? {
									waiting: {reason: 'CrashLoopBackOff', message: `back-off ${10 * (1 + pick(30))}s restarting failed container=app`},
									running: undefined,
									terminated: undefined,
								}
							: {waiting: undefined, running: {startedAt: at}, terminated: undefined},
					},
				],
			},
		};
	}

	const object = (kind: 'apply' | 'delete', each: Stored): ObservationBody => ({
		kind: 'object',
		resource: 'pods',
		namespace: undefined,
		event: {kind, object: each},
	});

	return {
		first(now) {
			while (live.length < count) live.push(makePod(now));
			return [
				{kind: 'freshness', resource: 'pods', namespace: undefined, freshness: {kind: 'connecting'}},
				{kind: 'object', resource: 'pods', namespace: undefined, event: {kind: 'begin'}},
				...live.map(pod => object('apply', pod)),
				{kind: 'object', resource: 'pods', namespace: undefined, event: {kind: 'synced', resourceVersion: String(version)}},
				{kind: 'freshness', resource: 'pods', namespace: undefined, freshness: {kind: 'live'}},
			];
		},
		change(now) {
			const at = pick(live.length);
			const dice = random();
			if (dice < 0.02) {
				const [gone] = live.splice(at, 1);
				return object('delete', {...gone!, metadata: {...gone!.metadata, resourceVersion: String(++version), deletionTimestamp: now}} as Pod);
			}
			if (dice < 0.04 || live.length === 0) {
				const fresh = makePod(now);
				live.push(fresh);
				return object('apply', fresh);
			}
			const next = changed(live[at]!, now);
			live[at] = next;
			return object('apply', next);
		},
		samples(now) {
			const samples = live.map(
				(pod): UsageSample => ({
					of: 'pod',
					namespace: pod.metadata.namespace,
					name: pod.metadata.name,
					timestamp: epochMs(Math.floor(now / 1000) * 1000 - 1000 * pick(15)),
					windowMs: 10_000 + pick(10_000),
					containers: [
						{name: 'app', cpu: (pick(400) * 1e6 + pick(1e6)) as NanoCores, memory: ((100 + pick(100)) * 1024 * 256 * 4 + pick(256) * 4096) as Bytes},
					],
				}),
			);
			return {kind: 'sample', samples: samplesOf(samples)};
		},
	};
}
