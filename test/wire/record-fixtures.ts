/**
 * Makes the files of test/fixtures/wire: fills an empty API server with one rich object of every
 * registered resource and keeps the bytes of its answers in both encodings.
 *
 * node test/wire/record-fixtures.ts https://127.0.0.1:PORT TOKEN
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import {gzipSync} from 'node:zlib';

const [server, token] = process.argv.slice(2);
if (server === undefined || token === undefined) throw new Error('usage: record.ts SERVER TOKEN');

type Json = {readonly [name: string]: unknown};

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const NAMESPACE = 'shop';
const TIME = '2026-11-20T10:11:12Z';
const MICRO_TIME = '2026-11-20T10:11:12.345678Z';

function call(method: string, target: string, accept: string, body?: Json): Promise<{readonly status: number; readonly body: Buffer}> {
	return new Promise((resolve, reject) => {
		const request = https.request(
			new URL(target, server),
			{method, rejectUnauthorized: false, headers: {authorization: `Bearer ${token}`, accept, 'content-type': 'application/json', 'user-agent': 'kwb/record'}},
			async response => {
				const chunks: Buffer[] = [];
				for await (const chunk of response) chunks.push(chunk as Buffer);
				resolve({status: response.statusCode ?? 0, body: Buffer.concat(chunks)});
			},
		);
		request.on('error', reject);
		request.end(body === undefined ? undefined : JSON.stringify(body));
	});
}

const selector = {matchLabels: {app: 'web'}, matchExpressions: [{key: 'tier', operator: 'In', values: ['front', 'edge']}]};
const labels = {app: 'web', tier: 'front'};
const template = {
	metadata: {labels},
	spec: {containers: [{name: 'web', image: 'registry.example/web:1', env: [{name: 'PASSWORD', value: 'never-keep-this'}]}]},
};
const condition = (type: string, status = 'True') => ({
	type,
	status,
	lastTransitionTime: TIME,
	reason: 'Because',
	message: `two\nlines of ${type} – ünïcode ✓ 🚀`,
});
const conditions = [condition('Ready'), condition('Other', 'False')];
const metric = {name: 'requests', selector};
const value = {value: '1500m', averageValue: '100m'};

/** collection path, the object, its status */
const OBJECTS: ReadonlyArray<readonly [string, Json, Json?]> = [
	[
		'/api/v1/namespaces',
		{metadata: {name: NAMESPACE, labels: {team: 'a'}}},
		{phase: 'Active', conditions: [condition('NamespaceDeletionContentFailure', 'False')]},
	],
	[
		'/api/v1/nodes',
		{
			metadata: {
				name: 'node-1',
				labels: {zone: 'a'},
				annotations: {'metrics.k8s.io/resource-metrics-path': '/metrics/nodes/node-1/metrics/resource', secret: 'never-keep-this'},
			},
			spec: {unschedulable: true, podCIDR: '10.0.0.0/24', taints: [{key: 'dedicated', value: 'db', effect: 'NoSchedule', timeAdded: TIME}]},
		},
		{
			capacity: {cpu: '32', memory: '256Gi', pods: '110', 'example.com/gpu': '4'},
			allocatable: {cpu: '31500m', memory: '250Gi', pods: '110'},
			conditions: [{...condition('Ready'), lastHeartbeatTime: TIME}],
			addresses: [{type: 'InternalIP', address: '10.1.2.3'}],
			daemonEndpoints: {kubeletEndpoint: {Port: 10250}},
			nodeInfo: {
				kernelVersion: '6.1',
				osImage: 'Debian',
				containerRuntimeVersion: 'containerd://2.0',
				kubeletVersion: 'v1.37.2',
				operatingSystem: 'linux',
				architecture: 'amd64',
				machineID: '',
				systemUUID: '',
				bootID: '',
				kubeProxyVersion: '',
			},
		},
	],
	[
		`/api/v1/namespaces/${NAMESPACE}/pods`,
		{
			metadata: {
				name: 'web-1',
				labels: {...labels, 'pod-template-hash': 'abc'},
				annotations: {'kubectl.kubernetes.io/default-container': 'web', other: 'never-keep-this'},
				finalizers: ['example.com/keep'],
				ownerReferences: [
					{apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: '11111111-2222-3333-4444-555555555555', controller: true, blockOwnerDeletion: true},
				],
			},
			spec: {
				nodeName: 'node-1',
				dnsPolicy: 'None',
				dnsConfig: {
					nameservers: ['10.96.0.10'],
					searches: ['shop.svc.cluster.local', 'svc.cluster.local'],
					options: [{name: 'ndots', value: '5'}, {name: 'edns0'}],
				},
				hostname: 'web',
				subdomain: 'webs',
				setHostnameAsFQDN: false,
				terminationGracePeriodSeconds: 0,
				resources: {requests: {cpu: '500m'}, limits: {cpu: '2'}},
				initContainers: [
					{name: 'sidecar', image: 'registry.example/proxy:2', restartPolicy: 'Always', resources: {requests: {cpu: '10m', memory: '16Mi'}}},
					{name: 'init', image: 'registry.example/init:1'},
				],
				containers: [
					{
						name: 'web',
						image: 'registry.example/web:1',
						command: ['sh'],
						args: ['--token=never-keep-this'],
						env: [{name: 'PASSWORD', value: 'never-keep-this'}],
						ports: [{name: 'http', containerPort: 8080}],
						resources: {requests: {cpu: '0.25', memory: '128974848'}, limits: {cpu: '1', memory: '1Gi'}},
						livenessProbe: {httpGet: {path: '/', port: 'http'}},
					},
					{name: 'log', image: 'registry.example/log:3'},
				],
				tolerations: [{operator: 'Exists'}],
				volumes: [{name: 'v', emptyDir: {}}],
			},
		},
		{
			phase: 'Running',
			qosClass: 'Burstable',
			message: 'tab\there',
			reason: 'Some',
			hostIP: '10.1.2.3',
			podIP: '10.0.0.7',
			podIPs: [{ip: '10.0.0.7'}, {ip: 'fd00::7'}],
			startTime: TIME,
			conditions,
			allocatedResources: {cpu: '500m'},
			resources: {requests: {cpu: '500m'}},
			initContainerStatuses: [
				{name: 'sidecar', ready: true, started: true, restartCount: 0, image: 'i', imageID: 'x', state: {running: {startedAt: TIME}}},
				{
					name: 'init',
					ready: true,
					restartCount: 0,
					image: 'i',
					imageID: 'x',
					state: {terminated: {exitCode: 0, reason: 'Completed', startedAt: TIME, finishedAt: TIME}},
				},
			],
			containerStatuses: [
				{
					name: 'web',
					ready: true,
					started: true,
					restartCount: 3,
					image: 'i',
					imageID: 'x',
					allocatedResources: {cpu: '250m', memory: '128974848'},
					resources: {requests: {cpu: '250m', memory: '128974848'}, limits: {cpu: '1', memory: '1Gi'}},
					state: {running: {startedAt: TIME}},
					lastState: {
						terminated: {
							exitCode: 137,
							signal: 9,
							reason: 'OOMKilled',
							message: 'killed\r\n\tby the kernel \u001b[31m \u202e',
							startedAt: TIME,
							finishedAt: TIME,
						},
					},
				},
				{
					name: 'log',
					ready: false,
					started: false,
					restartCount: 0,
					image: 'i',
					imageID: 'x',
					state: {waiting: {reason: 'CrashLoopBackOff', message: 'back-off 5m0s'}},
					lastState: {terminated: {exitCode: -1, startedAt: null, finishedAt: null}},
				},
			],
		},
	],
	[
		`/api/v1/namespaces/${NAMESPACE}/pods`,
		{
			metadata: {generateName: 'bare-', name: 'bare'},
			spec: {hostNetwork: true, terminationGracePeriodSeconds: null, containers: [{name: 'c', image: 'registry.example/c'}]},
		},
		{phase: 'Pending', nominatedNodeName: 'node-1'},
	],
	[
		`/api/v1/namespaces/${NAMESPACE}/events`,
		{
			metadata: {name: 'web-1.1'},
			involvedObject: {kind: 'Pod', namespace: NAMESPACE, name: 'web-1', uid: 'u', apiVersion: 'v1', fieldPath: 'spec.containers{web}'},
			reason: 'BackOff',
			message: 'Back-off restarting\nfailed container',
			type: 'Warning',
			count: 7,
			firstTimestamp: TIME,
			lastTimestamp: TIME,
			source: {component: 'kubelet', host: 'node-1'},
		},
	],
	[
		`/api/v1/namespaces/${NAMESPACE}/events`,
		{
			metadata: {name: 'web-1.2'},
			involvedObject: {kind: 'Pod', namespace: NAMESPACE, name: 'web-1'},
			reason: 'Scheduled',
			message: 'assigned',
			type: 'Normal',
			action: 'Binding',
			eventTime: MICRO_TIME,
			series: {count: 2, lastObservedTime: MICRO_TIME},
			reportingComponent: 'default-scheduler',
			reportingInstance: 'scheduler-1',
		},
	],
	[
		`/apis/apps/v1/namespaces/${NAMESPACE}/replicasets`,
		{metadata: {name: 'web', labels, annotations: {'deployment.kubernetes.io/revision': '3'}}, spec: {replicas: 0, minReadySeconds: 7, selector, template}},
		{replicas: 2, fullyLabeledReplicas: 2, terminatingReplicas: 1, readyReplicas: 1, availableReplicas: 1, observedGeneration: 1, conditions},
	],
	[
		`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
		{
			metadata: {name: 'web', labels, annotations: {'deployment.kubernetes.io/revision': '3'}},
			spec: {selector, template, paused: true, minReadySeconds: 5, strategy: {type: 'RollingUpdate', rollingUpdate: {maxSurge: '50%', maxUnavailable: 1}}},
		},
		{
			replicas: 2,
			updatedReplicas: 1,
			readyReplicas: 1,
			availableReplicas: 1,
			unavailableReplicas: 1,
			terminatingReplicas: 2,
			observedGeneration: 1,
			conditions: conditions.map(each => ({...each, lastUpdateTime: TIME})),
		},
	],
	[
		`/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets`,
		{
			metadata: {name: 'db', labels},
			spec: {
				replicas: 3,
				serviceName: 'db',
				minReadySeconds: 6,
				podManagementPolicy: 'Parallel',
				selector,
				template,
				ordinals: {start: 1},
				updateStrategy: {type: 'RollingUpdate', rollingUpdate: {partition: 0}},
			},
		},
		{
			replicas: 3,
			readyReplicas: 2,
			currentReplicas: 3,
			updatedReplicas: 3,
			currentRevision: 'db-1',
			updateRevision: 'db-2',
			availableReplicas: 2,
			observedGeneration: 1,
			conditions,
		},
	],
	[
		`/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets`,
		{metadata: {name: 'agent', labels}, spec: {selector, template, minReadySeconds: 4}},
		{
			currentNumberScheduled: 1,
			numberMisscheduled: 2,
			desiredNumberScheduled: 3,
			numberReady: 4,
			observedGeneration: 5,
			updatedNumberScheduled: 6,
			numberAvailable: 7,
			numberUnavailable: 8,
			conditions,
		},
	],
	[
		`/apis/batch/v1/namespaces/${NAMESPACE}/jobs`,
		{
			metadata: {name: 'backup', labels},
			spec: {
				parallelism: 2,
				completions: 4,
				activeDeadlineSeconds: 600,
				ttlSecondsAfterFinished: 0,
				suspend: false,
				template: {...template, spec: {...template.spec, restartPolicy: 'Never'}},
			},
		},
		{startTime: TIME, active: 1, succeeded: 2, failed: 1, ready: 0, terminating: 0, conditions: [condition('SuccessCriteriaMet', 'False')]},
	],
	[
		`/api/v1/namespaces/${NAMESPACE}/services`,
		{
			metadata: {name: 'web', labels},
			spec: {
				selector: labels,
				ports: [
					{name: 'http', port: 80, targetPort: 'http', appProtocol: 'http'},
					{name: 'metrics', port: 9090, targetPort: 9090},
				],
				type: 'NodePort',
				externalIPs: ['192.0.2.1'],
				publishNotReadyAddresses: true,
				trafficDistribution: 'PreferClose',
			},
		},
	],
	[`/api/v1/namespaces/${NAMESPACE}/services`, {metadata: {name: 'elsewhere'}, spec: {type: 'ExternalName', externalName: 'example.org'}}],
	[
		`/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`,
		{
			metadata: {name: 'web-x', labels: {'kubernetes.io/service-name': 'web'}},
			addressType: 'IPv4',
			endpoints: [
				{
					addresses: ['10.0.0.7'],
					conditions: {ready: true, serving: true, terminating: false},
					hostname: 'web',
					nodeName: 'node-1',
					zone: 'a',
					targetRef: {kind: 'Pod', namespace: NAMESPACE, name: 'web-1', uid: 'u'},
				},
				{addresses: ['10.0.0.8'], conditions: {}},
			],
			ports: [{name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'http'}, {}],
		},
	],
	[
		`/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers`,
		{
			metadata: {name: 'web'},
			spec: {
				scaleTargetRef: {kind: 'Deployment', name: 'web', apiVersion: 'apps/v1'},
				minReplicas: 2,
				maxReplicas: 10,
				metrics: [
					{type: 'Resource', resource: {name: 'cpu', target: {type: 'Utilization', averageUtilization: 70}}},
					{type: 'ContainerResource', containerResource: {name: 'memory', container: 'web', target: {type: 'AverageValue', averageValue: '1Gi'}}},
					{type: 'Pods', pods: {metric, target: {type: 'AverageValue', averageValue: '100m'}}},
					{type: 'Object', object: {describedObject: {kind: 'Service', name: 'web', apiVersion: 'v1'}, metric, target: {type: 'Value', value: '1.5'}}},
					{type: 'External', external: {metric, target: {type: 'Value', value: '1e3'}}},
				],
				behavior: {
					scaleUp: {stabilizationWindowSeconds: 0, selectPolicy: 'Min', policies: [{type: 'Pods', value: 4, periodSeconds: 15}], tolerance: '50m'},
					scaleDown: {policies: [{type: 'Percent', value: 100, periodSeconds: 60}]},
				},
			},
		},
		{
			observedGeneration: 1,
			lastScaleTime: TIME,
			currentReplicas: 3,
			desiredReplicas: 4,
			conditions: conditions.map(each => ({...each, observedGeneration: 2})),
			currentMetrics: [
				{type: 'Resource', resource: {name: 'cpu', current: {averageUtilization: 0, averageValue: '0'}}},
				{type: 'ContainerResource', containerResource: {name: 'memory', container: 'web', current: value}},
				{type: 'Pods', pods: {metric, current: value}},
				{type: 'Object', object: {describedObject: {kind: 'Service', name: 'web', apiVersion: 'v1'}, metric, current: value}},
				{type: 'External', external: {metric, current: value}},
			],
		},
	],
	[
		`/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`,
		{metadata: {name: 'web'}, spec: {minAvailable: '50%', selector, unhealthyPodEvictionPolicy: 'AlwaysAllow'}},
		{
			observedGeneration: 1,
			disruptedPods: {'web-1': TIME, 'web-2': TIME},
			disruptionsAllowed: 1,
			currentHealthy: 1,
			desiredHealthy: 2,
			expectedPods: 3,
			conditions: [{...condition('DisruptionAllowed', 'False'), observedGeneration: 1}],
		},
	],
	[`/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`, {metadata: {name: 'zero'}, spec: {maxUnavailable: 0, selector: {}}}],
	[
		`/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`,
		{
			metadata: {name: 'leader'},
			spec: {holderIdentity: 'node-1_abc', leaseDurationSeconds: 15, acquireTime: MICRO_TIME, renewTime: MICRO_TIME, leaseTransitions: 0},
		},
	],
];

/**
 * A pod as a ReplicaSet makes them, 6 kB of JSON: what bench/wire multiplies. Its names, node,
 * uids and addresses are as long as those that the benchmark puts in their place.
 */
const BENCH_POD: Json = {
	metadata: {
		name: 'frontend-00000-6f9c4d8b76-00000',
		generateName: 'frontend-00000-6f9c4d8b76-',
		labels: {'app.kubernetes.io/name': 'frontend-00000', 'app.kubernetes.io/part-of': 'shop', 'pod-template-hash': '6f9c4d8b76', team: 'checkout'},
		annotations: {'prometheus.io/scrape': 'true', 'prometheus.io/port': '9102', 'checksum/config': '0123456789abcdef0123456789abcdef0123456789abcdef'},
		ownerReferences: [
			{
				apiVersion: 'apps/v1',
				kind: 'ReplicaSet',
				name: 'frontend-00000-6f9c4d8b76',
				uid: '00000000-aaaa-4bbb-8ccc-dddddddddddd',
				controller: true,
				blockOwnerDeletion: true,
			},
		],
	},
	spec: {
		nodeName: 'node-000',
		serviceAccountName: 'default',
		priority: 0,
		volumes: [
			{
				name: 'kube-api-access-00000',
				projected: {
					sources: [
						{serviceAccountToken: {expirationSeconds: 3607, path: 'token'}},
						{configMap: {name: 'kube-root-ca.crt', items: [{key: 'ca.crt', path: 'ca.crt'}]}},
					],
				},
			},
			{name: 'config', configMap: {name: 'frontend-config'}},
		],
		containers: ['server', 'proxy'].map(name => ({
			name,
			image: `registry.example.com/shop/${name}:v1.27.3`,
			args: ['--listen=:8080', '--log-format=json'],
			env: [
				{name: 'POD_NAME', valueFrom: {fieldRef: {fieldPath: 'metadata.name'}}},
				{name: 'LOG_LEVEL', value: 'info'},
				{name: 'ENDPOINT', value: 'http://backend.shop.svc:8080'},
			],
			ports: [{name: `${name}-http`, containerPort: 8080}],
			resources: {requests: {cpu: '100m', memory: '128Mi'}, limits: {cpu: '500m', memory: '256Mi'}},
			livenessProbe: {httpGet: {path: '/healthz', port: 8080}, periodSeconds: 10},
			readinessProbe: {httpGet: {path: '/readyz', port: 8080}, periodSeconds: 5},
			volumeMounts: [
				{name: 'kube-api-access-00000', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true},
				{name: 'config', mountPath: '/etc/config'},
			],
		})),
		tolerations: ['not-ready', 'unreachable'].map(key => ({key: `node.kubernetes.io/${key}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300})),
	},
};

const BENCH_POD_STATUS: Json = {
	phase: 'Running',
	qosClass: 'Burstable',
	hostIP: '10.128.100.100',
	hostIPs: [{ip: '10.128.100.100'}],
	podIP: '10.244.100.100',
	podIPs: [{ip: '10.244.100.100'}],
	startTime: TIME,
	conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(type => ({
		type,
		status: 'True',
		lastTransitionTime: TIME,
	})),
	containerStatuses: ['server', 'proxy'].map(name => ({
		name,
		ready: true,
		started: true,
		restartCount: 1,
		image: `registry.example.com/shop/${name}:v1.27.3`,
		imageID: `registry.example.com/shop/${name}@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef`,
		containerID: 'containerd://0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
		allocatedResources: {cpu: '100m', memory: '128Mi'},
		resources: {requests: {cpu: '100m', memory: '128Mi'}, limits: {cpu: '500m', memory: '256Mi'}},
		state: {running: {startedAt: TIME}},
		lastState: {
			terminated: {
				exitCode: 137,
				reason: 'OOMKilled',
				startedAt: TIME,
				finishedAt: TIME,
				containerID: 'containerd://0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
			},
		},
	})),
};

const folder = path.join(import.meta.dirname, '../fixtures/wire');
mkdirSync(folder, {recursive: true});

async function keep(name: string, target: string, accept: string): Promise<void> {
	const {body} = await call('GET', target, accept);
	writeFileSync(path.join(folder, `${name}.gz`), gzipSync(body, {level: 9}));
}

async function keepBoth(name: string, target: string, stream: boolean): Promise<void> {
	await keep(`${name}.pb`, target, stream ? `${PROTOBUF};stream=watch` : PROTOBUF);
	await keep(`${name}.json`, target, 'application/json');
}

async function make(collection: string, object: Json, status: Json | undefined): Promise<void> {
	const created = await call('POST', collection, 'application/json', object);
	if (created.status !== 201 && created.status !== 409) throw new Error(`${collection}: ${created.body.toString()}`);
	if (status === undefined || created.status === 409) return;
	const whole = JSON.parse(created.body.toString()) as {readonly metadata: {readonly name: string}};
	const updated = await call('PUT', `${collection}/${whole.metadata.name}/status`, 'application/json', {...whole, status: {...status}});
	if (updated.status !== 200) throw new Error(`${collection}: ${updated.body.toString()}`);
}

for (const [collection, object, status] of OBJECTS) await make(collection, object, status);
// Its finalizer keeps it, marked as going.
await call('DELETE', `/api/v1/namespaces/${NAMESPACE}/pods/web-1?gracePeriodSeconds=30`, 'application/json');

for (const collection of new Set(OBJECTS.map(([each]) => each))) {
	const name = path.basename(collection);
	await keepBoth(`${name}.list`, collection, false);
	await keepBoth(
		`${name}.watch`,
		`${collection}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1`,
		true,
	);
}
await keepBoth('not-found.status', `/api/v1/namespaces/${NAMESPACE}/pods/none`, false);
await keepBoth('invalid.status', '/api/v1/pods?watch=1&sendInitialEvents=true', false);
await make('/api/v1/namespaces', {metadata: {name: 'bench-000'}}, undefined);
await make('/api/v1/namespaces/bench-000/pods', BENCH_POD, BENCH_POD_STATUS);
await keepBoth('bench-pod', '/api/v1/namespaces/bench-000/pods/frontend-00000-6f9c4d8b76-00000', false);
await keep('pods.table.json', '/api/v1/pods', 'application/json;as=Table;v=v1;g=meta.k8s.io');
await keep('apis.discovery.json', '/apis', 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
await keep('apis.groups.json', '/apis', 'application/json');
await keep('version.json', '/version', 'application/json');
