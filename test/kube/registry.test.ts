import {describe, expect, test} from 'vitest';
import {collectionPath, objectPath} from '../../src/kube/api-paths.ts';
import {RESOURCES, resourceById} from '../../src/kube/registry.ts';
import {endpointslices} from '../../src/kube/resources/endpointslices.ts';
import {deployments} from '../../src/kube/resources/deployments.ts';
import {nodes} from '../../src/kube/resources/nodes.ts';
import {pods} from '../../src/kube/resources/pods.ts';
import type {Fields, Resource} from '../../src/kube/schema.ts';

describe('the registry', () => {
	test('names each resource once', () => {
		expect(new Set(RESOURCES.map(resource => resource.id)).size).toBe(RESOURCES.length);
		for (const resource of RESOURCES) expect(resourceById(resource.id)).toBe(resource);
		expect(resourceById('widgets')).toBeUndefined();
	});

	test.each(RESOURCES.map(resource => [resource.id, resource] as const))('%s uses no field number twice in a message', (id, resource) => {
		const look = (fields: Fields, path: string): void => {
			const numbers = Object.values(fields).map(field => field.number);
			expect(new Set(numbers).size, path).toBe(numbers.length);
			for (const [name, field] of Object.entries(fields)) if (field.fields !== undefined) look(field.fields, `${path}.${name}`);
		};
		look((resource as Resource).fields, id);
	});
});

describe('paths', () => {
	test.each([
		[collectionPath(pods, 'v1'), '/api/v1/pods'],
		[collectionPath(pods, 'v1', 'shop'), '/api/v1/namespaces/shop/pods'],
		[collectionPath(nodes, 'v1', 'shop'), '/api/v1/nodes'],
		[collectionPath(deployments, 'v1', 'shop'), '/apis/apps/v1/namespaces/shop/deployments'],
		[collectionPath(endpointslices, 'v1'), '/apis/discovery.k8s.io/v1/endpointslices'],
		[objectPath(pods, 'v1', 'shop', 'web-1'), '/api/v1/namespaces/shop/pods/web-1'],
		[objectPath(pods, 'v1', 'shop', 'web-1', 'log'), '/api/v1/namespaces/shop/pods/web-1/log'],
		[objectPath(nodes, 'v1', undefined, 'node-1'), '/api/v1/nodes/node-1'],
		[objectPath(pods, 'v1', 'a/b?c', '../x y'), '/api/v1/namespaces/a%2Fb%3Fc/pods/..%2Fx%20y'],
	])('%s', (path, expected) => {
		expect(path).toBe(expected);
	});
});
