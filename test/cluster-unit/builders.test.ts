import {describe, expect, test} from 'vitest';
import {
	barePod,
	container,
	daemonSet,
	deployment,
	hpa,
	httpProbe,
	job,
	metric,
	node,
	nodes,
	pdb,
	podTemplate,
	service,
	statefulSet,
	usageAnnotations,
} from '../cluster/scenarios/builders.ts';

const shop = {namespace: 'shop', name: 'web'};

describe('nodes', () => {
	test('a node says that kwok plays it and where its metrics are, without which metrics-server never finds it', () => {
		expect(node({name: 'n1', zone: 'test-1a'}).metadata?.annotations).toEqual({
			'kwok.x-k8s.io/node': 'fake',
			'metrics.k8s.io/resource-metrics-path': '/metrics/nodes/n1/metrics/resource',
		});
	});

	test('allocatable is less than capacity by what the system keeps', () => {
		const {status} = node({name: 'n1', zone: 'test-1a', size: {name: 's', cpu: 4, memoryGi: 16, pods: 58}, reserved: {cpuMilli: 80, memoryMi: 512}});
		expect(status?.capacity).toMatchObject({cpu: '4', memory: '16Gi', pods: '58'});
		expect(status?.allocatable).toMatchObject({cpu: '3920m', memory: '15872Mi', pods: '58'});
	});

	test('many nodes are dealt out to the zones in turn, each with a name of its own', () => {
		const made = nodes({count: 7, zones: ['a', 'b', 'c']});
		expect(made.map(each => each.metadata?.labels?.['topology.kubernetes.io/zone'])).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a']);
		expect(new Set(made.map(each => each.metadata?.name)).size).toBe(7);
	});
});

describe('workloads', () => {
	const all = {containers: [container()], usage: {cpuMilli: 5}};
	test.each([
		{kind: 'Deployment', made: deployment({...shop, ...all})},
		{kind: 'StatefulSet', made: statefulSet({...shop, ...all})},
		{kind: 'DaemonSet', made: daemonSet({...shop, ...all})},
	])('the selector of a $kind selects its own pods', ({kind, made}) => {
		expect(made.kind).toBe(kind);
		expect(made.spec?.template.metadata?.labels).toMatchObject(made.spec?.selector.matchLabels ?? {none: 'there'});
	});

	test('a pod of a Job does not start again by itself', () => expect(job({...shop, ...all}).spec?.template.spec?.restartPolicy).toBe('Never'));
	test('without replicas a Deployment leaves them to the autoscaler', () => expect(deployment({...shop, ...all}).spec).not.toHaveProperty('replicas'));
	test('a bare pod has no owner', () => expect(barePod({...shop, ...all}).metadata).not.toHaveProperty('ownerReferences'));

	test('a sidecar is an init container that goes on running, after the ones that end', () => {
		const {spec} = podTemplate('web', {initContainers: [container({name: 'migrate'})], sidecars: [container({name: 'proxy'})]});
		expect(spec?.initContainers?.map(({name, restartPolicy}) => [name, restartPolicy])).toEqual([
			['migrate', undefined],
			['proxy', 'Always'],
		]);
	});

	test('requests and limits appear where they are given and nowhere else', () => {
		expect(container()).not.toHaveProperty('resources');
		expect(container({requests: {cpuMilli: 50}}).resources).toEqual({requests: {cpu: '50m'}});
		expect(container({requests: {cpuMilli: 50, memoryMi: 64}, limits: {memoryMi: 128}}).resources).toEqual({
			requests: {cpu: '50m', memory: '64Mi'},
			limits: {memory: '128Mi'},
		});
	});

	test('what a pod does and uses is said in the words that kwok is told to listen to', () => {
		const {metadata} = podTemplate('web', {behaviour: 'oom', hasNoMetrics: true, usage: {cpuMilli: 20, memoryMi: 30}});
		expect(metadata).toEqual({
			labels: {app: 'web', 'kwb.test/behaviour': 'oom'},
			annotations: {'kwok.x-k8s.io/usage-cpu': '20m', 'kwok.x-k8s.io/usage-memory': '30Mi', 'kwb.test/no-metrics': 'true'},
		});
	});

	test('usage of 0 is said, and usage not given is not', () => {
		expect(usageAnnotations({cpuMilli: 0})).toEqual({'kwok.x-k8s.io/usage-cpu': '0m'});
		expect(usageAnnotations({})).toEqual({});
	});

	test('a probe asks by the name of a port or its number', () => {
		expect(httpProbe('/ready', 'http').httpGet).toMatchObject({path: '/ready', port: 'http'});
	});
});

describe('what stands around workloads', () => {
	test('a Service sends to the port with the same name, or to the one it is told', () => {
		expect(service({...shop, ports: {http: 80, db: {port: 5432, targetPort: 15432}}}).spec?.ports).toEqual([
			{name: 'http', port: 80, targetPort: 'http', protocol: 'TCP'},
			{name: 'db', port: 5432, targetPort: 15432, protocol: 'TCP'},
		]);
	});

	test('a Service without selector and a headless one are what they say', () => {
		expect(service({...shop, ports: {http: 80}, selector: null}).spec).not.toHaveProperty('selector');
		expect(service({...shop, ports: {http: 80}, isHeadless: true}).spec?.clusterIP).toBe('None');
	});

	test('a budget has the limit it was given, 0 included', () => {
		expect(pdb({...shop, maxUnavailable: 0}).spec).toEqual({maxUnavailable: 0, selector: {matchLabels: {app: 'web'}}});
		expect(pdb({...shop, minAvailable: '50%'}).spec).not.toHaveProperty('maxUnavailable');
	});

	test('an autoscaler scales the Deployment of its name unless told otherwise', () => {
		expect(hpa({...shop, max: 5}).spec?.scaleTargetRef).toEqual({apiVersion: 'apps/v1', kind: 'Deployment', name: 'web'});
		expect(hpa({...shop, max: 5, target: {kind: 'StatefulSet', name: 'db'}}).spec?.scaleTargetRef).toEqual({
			apiVersion: 'apps/v1',
			kind: 'StatefulSet',
			name: 'db',
		});
	});

	test.each([
		{name: 'Resource, percent', made: metric.resource('cpu', 50), target: {type: 'Utilization', averageUtilization: 50}},
		{name: 'Resource, amount', made: metric.resource('memory', '64Mi'), target: {type: 'AverageValue', averageValue: '64Mi'}},
		{name: 'ContainerResource', made: metric.containerResource('app', 'cpu', 60), target: {type: 'Utilization', averageUtilization: 60}},
		{name: 'Pods', made: metric.pods('rps', '10'), target: {type: 'AverageValue', averageValue: '10'}},
		{name: 'Object, value', made: metric.object({apiVersion: 'v1', kind: 'Service', name: 'web'}, 'rps', {value: '10'}), target: {type: 'Value', value: '10'}},
		{name: 'External, average', made: metric.external('lag', {averageValue: '5'}), target: {type: 'AverageValue', averageValue: '5'}},
	])('$name: the source and the target belong together', ({made, target}) => {
		const source = made.resource ?? made.containerResource ?? made.pods ?? made.object ?? made.external;
		expect(source?.target).toEqual(target);
		// The one field besides `type` is named after it.
		expect(Object.keys(made).toSorted()).toEqual([made.type.charAt(0).toLowerCase() + made.type.slice(1), 'type'].toSorted());
	});

	test('a metric is selected by labels only when there are some', () => {
		expect(metric.external('lag', {value: '1'}, {topic: 'a'}).external?.metric).toEqual({name: 'lag', selector: {matchLabels: {topic: 'a'}}});
		expect(metric.external('lag', {value: '1'}).external?.metric).toEqual({name: 'lag'});
	});
});
