/**
 * Writes down what kubectl makes of the kubeconfigs of test/transport/kubeconfig-cases.ts, for the tests to hold
 * kwb's loader against without a kubectl: `node scripts/record-kubeconfig-fixtures.ts [KUBECTL]`.
 */
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {KUBECONFIG_CASES, type KubeconfigCase} from '../test/transport/kubeconfig-cases.ts';

const kubectl = process.argv[2] ?? 'kubectl';
const TARGET = path.join(import.meta.dirname, '../test/fixtures/kubeconfig/kubectl.json');

function record({files, listed, flag, minify}: KubeconfigCase): object {
	const directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'kubeconfig-')));
	try {
		for (const [name, text] of Object.entries(files)) {
			mkdirSync(path.dirname(path.join(directory, name)), {recursive: true});
			writeFileSync(path.join(directory, name), text);
		}
		const args = ['config', 'view', '--raw', '--flatten', '-o', 'json'];
		if (flag !== undefined) args.push('--kubeconfig', path.join(directory, flag));
		if (minify !== undefined) args.push('--minify', ...(minify === '' ? [] : ['--context', minify]));
		const KUBECONFIG = listed?.map(name => (name === '' ? '' : path.join(directory, name))).join(path.delimiter);
		const run = spawnSync(kubectl, args, {
			encoding: 'utf8',
			cwd: directory,
			env: {PATH: process.env.PATH, HOME: directory, ...(KUBECONFIG === undefined ? {} : {KUBECONFIG})},
		});
		return run.status === 0 ? {view: JSON.parse(run.stdout)} : {error: run.stderr.trim().replaceAll(`${directory}/`, '')};
	} finally {
		rmSync(directory, {recursive: true});
	}
}

const version = JSON.parse(spawnSync(kubectl, ['version', '--client', '-o', 'json'], {encoding: 'utf8'}).stdout).clientVersion.gitVersion;
const recorded = Object.fromEntries(KUBECONFIG_CASES.map(each => [each.name, record(each)]));
writeFileSync(TARGET, `${JSON.stringify({madeBy: `scripts/record-kubeconfig-fixtures.ts with kubectl ${version}`, recorded}, undefined, '\t')}\n`);
