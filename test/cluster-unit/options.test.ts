import {describe, expect, test} from 'vitest';
import {parseCommand} from '../cluster/options.ts';

const words = (line: string): string[] => line.split(' ').filter(word => word !== '');

describe('a command line', () => {
	test.each([
		{line: 'up', command: {kind: 'up', name: 'default', wanted: {}, scenario: undefined, parameters: {}, waitsForMetrics: false}},
		{
			line: 'up --name n1 --profile stock --scale --variant nocache --kubernetes 1.34 --with adapter --scenario fill --wait metrics -- --pods 10 nodes=3 --zone=a=b --fast',
			command: {
				kind: 'up',
				name: 'n1',
				wanted: {profile: 'stock', isScaled: true, variant: 'nocache', kubernetes: '1.34', addons: ['adapter']},
				scenario: 'fill',
				parameters: {pods: '10', fast: 'true', nodes: '3', zone: 'a=b'},
				waitsForMetrics: true,
			},
		},
		{line: 'up --with adapter --with adapter,adapter', command: {wanted: {addons: ['adapter']}}},
		{line: 'up --variant none', command: {wanted: {variant: undefined}}},
		{line: 'down --name n1', command: {kind: 'down', name: 'n1', deletes: false}},
		{line: 'down --delete', command: {kind: 'down', name: 'default', deletes: true}},
		{line: 'status', command: {kind: 'status', name: undefined, asJson: false}},
		{line: 'kubeconfig --user jane --group dev --group ops', command: {kind: 'kubeconfig', name: 'default', user: 'jane', groups: ['dev', 'ops']}},
		{line: 'build etcd kubectl', command: {kind: 'build', targets: ['etcd', 'kubectl'], wanted: {}}},
		{line: 'scenario smoke -- --pods 3', command: {kind: 'scenario', name: 'default', scenario: 'smoke', parameters: {pods: '3'}}},
		{line: 'scenario smoke --kubeconfig /a/b', command: {kind: 'scenario', name: 'default', kubeconfig: '/a/b', scenario: 'smoke', parameters: {}}},
		{line: 'stop metrics-server', command: {kind: 'stop', name: 'default', process: 'metrics-server', extraArgs: []}},
		{
			line: 'restart kube-apiserver --variant tight -- --v=4 -x',
			command: {kind: 'restart', process: 'kube-apiserver', variant: 'tight', extraArgs: ['--v=4', '-x']},
		},
		{line: '', command: {kind: 'help'}},
		{line: 'up --help', command: {kind: 'help'}},
	])('"$line" is understood', ({line, command}) => {
		const parsed = parseCommand(words(line));
		expect(parsed.ok ? parsed.value : parsed.error).toMatchObject(command);
	});

	test.each([
		{line: 'fly', error: 'unknown command "fly"'},
		{line: 'up --colour red', error: "Unknown option '--colour'"},
		{line: 'up --user x', error: '"up" takes no --user'},
		{line: 'down --scale', error: '"down" takes no --scale'},
		{line: 'up --profile slow', error: '--profile "slow": one of quick, stock'},
		{line: 'up --variant loose', error: '--variant "loose"'},
		{line: 'up --with sugar', error: '--with "sugar": one of adapter'},
		{line: 'up --kubernetes 1.28', error: '--kubernetes "1.28": one of 1.37, 1.34'},
		{line: 'up --wait rain', error: '--wait "rain": only metrics'},
		{line: 'up --name ../x', error: '--name "../x"'},
		{line: 'up --name', error: "Option '--name <value>' argument missing"},
		{line: 'up extra', error: '"up" takes no "extra"'},
		{line: 'up -- --pods 3', error: 'belong to a --scenario'},
		{line: 'scenario', error: 'name exactly one'},
		{line: 'scenario one two', error: 'name exactly one'},
		{line: 'scenario s -- pods 3', error: '"pods" is no parameter'},
		{line: 'stop kubelet', error: 'stop: name one of etcd'},
		{line: 'restart etcd --variant tight', error: '--variant is for kube-apiserver'},
		{line: 'kubeconfig --group g', error: '--group needs --user'},
		{line: 'status -- x', error: 'takes nothing after --'},
	])('"$line" is refused in one line', ({line, error}) => {
		const parsed = parseCommand(words(line));
		expect(parsed).toMatchObject({ok: false, error: expect.stringContaining(error)});
		expect(parsed.ok ? '' : parsed.error).not.toContain('\n');
	});
});
