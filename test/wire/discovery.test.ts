import {describe, expect, test} from 'vitest';
import {RESOURCES} from '../../src/kube/registry.ts';
import {parseDiscovery, parseVersion} from '../../src/wire/discovery.ts';
import {answer} from './fixtures.ts';

describe('discovery', () => {
	test.each(['apis.discovery.json', 'apis.groups.json'])('%s names the groups of the registered resources, best version first', name => {
		const discovery = parseDiscovery(answer(name).toString());
		if (!discovery.ok) throw new Error(discovery.error);
		const versions = new Map(discovery.value.map(({group, versions}) => [group, versions.map(each => each.version)]));
		for (const resource of RESOURCES) if (resource.group !== '') expect(versions.get(resource.group), resource.id).toContain(resource.versions[0]);
		expect(versions.get('autoscaling')?.[0]).toBe('v2');
	});

	test('the aggregated form names resources and says what is stale', () => {
		const discovery = parseDiscovery(answer('apis.discovery.json').toString());
		const apps = discovery.ok ? discovery.value.find(({group}) => group === 'apps') : undefined;
		expect(apps?.versions).toEqual([{version: 'v1', isStale: false, resources: expect.arrayContaining(['deployments', 'replicasets'])}]);
		const stale = {kind: 'APIGroupDiscoveryList', items: [{metadata: {name: 'metrics.k8s.io'}, versions: [{version: 'v1beta1', freshness: 'Stale'}]}]};
		expect(parseDiscovery(JSON.stringify(stale))).toEqual({
			ok: true,
			value: [{group: 'metrics.k8s.io', versions: [{version: 'v1beta1', isStale: true, resources: []}]}],
		});
	});

	test('the core group of an older server', () => {
		expect(parseDiscovery('{"kind":"APIVersions","versions":["v1"]}')).toEqual({
			ok: true,
			value: [{group: '', versions: [{version: 'v1', isStale: false, resources: undefined}]}],
		});
	});

	test.each(['', '<html>', '[]', 'null', '{}', '{"kind":"Status"}'])('%j is an error, not an empty cluster', body => {
		expect(parseDiscovery(body).ok).toBe(false);
	});

	test.each(['{"kind":"APIGroupList","groups":7}', '{"kind":"APIGroupList","groups":[null,{"versions":{}}]}', '{"kind":"APIGroupDiscoveryList","items":[7]}'])(
		'%s does no harm',
		body => {
			expect(parseDiscovery(body).ok).toBe(true);
		},
	);
});

describe('/version', () => {
	test.each([
		[answer('version.json').toString(), {gitVersion: 'v1.37.2', major: 1, minor: 37}],
		['{"gitVersion":"v1.30.5-gke.100","major":"1","minor":"30+"}', {gitVersion: 'v1.30.5-gke.100', major: 1, minor: 30}],
		['{"gitVersion":"v1.29.0"}', {gitVersion: 'v1.29.0', major: 1, minor: 29}],
		['{"major":"","minor":"","gitVersion":"v1.37.2"}', {gitVersion: 'v1.37.2', major: 1, minor: 37}],
		['{}', undefined],
		['[]', undefined],
		['<html>', undefined],
	])('%#: numbers of a release', (body, version) => {
		expect(parseVersion(body)).toEqual(version === undefined ? {ok: false, error: expect.any(String)} : {ok: true, value: version});
	});
});
