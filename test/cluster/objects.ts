import type {Api} from './api.ts';
import {ClusterFault} from './fault.ts';
import type {Ports} from './ports.ts';
import type {Settings} from './settings.ts';

/** Where the mark lies that only `up` sets. A scenario refuses any cluster without it. */
export const MARK = {namespace: 'kube-system', name: 'kwb-test-cluster'} as const;

/** An object as it is applied; `path` is where its collection is. */
export type AppliedObject = {
	readonly path: string;
	readonly object: Readonly<Record<string, unknown>> & {readonly metadata: {readonly name: string; readonly labels?: Readonly<Record<string, string>>}};
};

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/**
 * What a cluster has beyond what its controllers make: the mark, the rights of the test users, and the
 * metrics APIs.
 *
 * @param authority PEM of the CA that signed the metrics servers' certificates.
 */
export function objectsOf(cluster: {
	readonly name: string;
	readonly directory: string;
	readonly mark: string;
	readonly settings: Settings;
	readonly ports: Ports;
	readonly authority: string;
}): readonly AppliedObject[] {
	const {ports, settings, authority} = cluster;
	return [
		configMap(MARK.namespace, MARK.name, {
			cluster: cluster.name,
			dataDir: cluster.directory,
			mark: cluster.mark,
			...(settings.addons.includes('adapter') ? {adapterControl: `http://127.0.0.1:${ports.adapterControl}`} : {}),
		}),

		// Ordinary users that see everything and change nothing: `bench`, `token`.
		clusterRole('kwb:reader', {}, [
			{apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch']},
			{nonResourceURLs: ['*'], verbs: ['get']},
		]),
		clusterRoleBinding('kwb:readers', 'kwb:reader', {kind: 'Group', name: 'kwb:readers'}),

		// A user that sees one namespace.
		namespace('limited'),
		roleBinding('limited', 'limited', {kind: 'ClusterRole', name: 'view'}, 'limited'),

		// metrics-server's own manifest, for a user instead of a service account.
		clusterRole(
			'system:aggregated-metrics-reader',
			{
				'rbac.authorization.k8s.io/aggregate-to-view': 'true',
				'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
				'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
			},
			[{apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch']}],
		),
		clusterRole('system:metrics-server', {}, [
			{apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get']},
			{apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch']},
		]),
		clusterRoleBinding('system:metrics-server', 'system:metrics-server', user('metrics-server')),
		...delegatesAuthentication('metrics-server'),
		externalName('metrics-server', ports.metricsServer),
		apiService('metrics.k8s.io', 'v1beta1', 'metrics-server', ports.metricsServer, authority),

		...(settings.addons.includes('adapter')
			? [
					...delegatesAuthentication('adapter'),
					externalName('adapter', ports.adapter),
					apiService('custom.metrics.k8s.io', 'v1beta2', 'adapter', ports.adapter, authority),
					apiService('external.metrics.k8s.io', 'v1beta1', 'adapter', ports.adapter, authority),
				]
			: []),
	];
}

/**
 * Makes the objects be as given, in order; those that are already so stay untouched.
 *
 * @throws ClusterFault with the server's words, the first time it refuses.
 */
export async function applyObjects(api: Api, objects: readonly AppliedObject[]): Promise<void> {
	for (const {path, object} of objects) {
		const answer = await api.send('PATCH', `${path}/${object.metadata.name}?fieldManager=kwb-cluster&force=true`, object, 'application/apply-patch+yaml');
		if (answer.status >= 300) throw new ClusterFault(`the API server refuses ${path}/${object.metadata.name} (${answer.status}): ${answer.text.slice(0, 400)}`);
	}
}

function namespace(name: string): AppliedObject {
	return {path: '/api/v1/namespaces', object: {apiVersion: 'v1', kind: 'Namespace', metadata: {name}}};
}

function configMap(inNamespace: string, name: string, data: Readonly<Record<string, string>>): AppliedObject {
	return {path: `/api/v1/namespaces/${inNamespace}/configmaps`, object: {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name}, data}};
}

function clusterRole(name: string, labels: Readonly<Record<string, string>>, rules: readonly Readonly<Record<string, readonly string[]>>[]): AppliedObject {
	return {path: `${RBAC}/clusterroles`, object: {apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: {name, labels}, rules}};
}

type Subject = {readonly kind: 'User' | 'Group'; readonly name: string};

function user(name: string): Subject {
	return {kind: 'User', name};
}

function clusterRoleBinding(name: string, role: string, subject: Subject): AppliedObject {
	return {
		path: `${RBAC}/clusterrolebindings`,
		object: {
			apiVersion: 'rbac.authorization.k8s.io/v1',
			kind: 'ClusterRoleBinding',
			metadata: {name},
			roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role},
			subjects: [{apiGroup: 'rbac.authorization.k8s.io', ...subject}],
		},
	};
}

function roleBinding(inNamespace: string, name: string, role: {readonly kind: string; readonly name: string}, userName: string): AppliedObject {
	return {
		path: `${RBAC}/namespaces/${inNamespace}/rolebindings`,
		object: {
			apiVersion: 'rbac.authorization.k8s.io/v1',
			kind: 'RoleBinding',
			metadata: {name},
			roleRef: {apiGroup: 'rbac.authorization.k8s.io', ...role},
			subjects: [{apiGroup: 'rbac.authorization.k8s.io', ...user(userName)}],
		},
	};
}

/** What a server behind the API server needs to ask it who a caller is and what that caller may. */
function delegatesAuthentication(name: string): readonly AppliedObject[] {
	return [
		clusterRoleBinding(`${name}:system:auth-delegator`, 'system:auth-delegator', user(name)),
		roleBinding('kube-system', `${name}-auth-reader`, {kind: 'Role', name: 'extension-apiserver-authentication-reader'}, name),
	];
}

/** The API server and its servers share one loopback, and a loopback address may not be in an EndpointSlice: so a name, not endpoints. */
function externalName(name: string, port: number): AppliedObject {
	return {
		path: '/api/v1/namespaces/kube-system/services',
		object: {
			apiVersion: 'v1',
			kind: 'Service',
			metadata: {name},
			spec: {type: 'ExternalName', externalName: 'localhost', ports: [{name: 'https', port, protocol: 'TCP'}]},
		},
	};
}

function apiService(group: string, version: string, service: string, port: number, authority: string): AppliedObject {
	return {
		path: '/apis/apiregistration.k8s.io/v1/apiservices',
		object: {
			apiVersion: 'apiregistration.k8s.io/v1',
			kind: 'APIService',
			metadata: {name: `${version}.${group}`},
			spec: {
				group,
				version,
				service: {namespace: 'kube-system', name: service, port},
				caBundle: Buffer.from(authority).toString('base64'),
				groupPriorityMinimum: 100,
				versionPriority: 100,
			},
		},
	};
}
