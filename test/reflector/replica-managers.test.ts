import {expect, test} from 'vitest';
import {replicaManagersIn} from '../../src/reflector/replica-managers.ts';

test('those who own the count are found among the managers of a target, and nobody else', () => {
	const managedFields = [
		{manager: 'kubectl-client-side-apply', operation: 'Update', time: '2026-11-24T12:00:00Z', fieldsV1: {'f:spec': {'f:replicas': {}, 'f:selector': {}}}},
		{manager: 'kube-controller-manager', operation: 'Update', subresource: 'status', fieldsV1: {'f:status': {'f:replicas': {}}}},
		{manager: 'kube-controller-manager', operation: 'Update', subresource: 'scale', time: '2026-11-24T12:05:00Z', fieldsV1: {'f:spec': {'f:replicas': {}}}},
		{manager: 'helm', operation: 'Apply', fieldsV1: {'f:spec': {'f:template': {}}}},
		null,
	];
	expect(replicaManagersIn(JSON.stringify({metadata: {managedFields}}))).toEqual([
		{manager: 'kubectl-client-side-apply', subresource: '', operation: 'Update', time: Date.UTC(2026, 10, 24, 12)},
		{manager: 'kube-controller-manager', subresource: 'scale', operation: 'Update', time: Date.UTC(2026, 10, 24, 12, 5)},
	]);
	for (const text of ['', '{}', '{"metadata": {"managedFields": 3}}']) expect(replicaManagersIn(text)).toEqual([]);
});
