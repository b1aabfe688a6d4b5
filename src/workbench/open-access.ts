import {readFileSync} from 'node:fs';
import os from 'node:os';
import type {Access, AccessError, AccessFlags} from '../transport/access.ts';
import {loadAccess} from '../transport/kubeconfig.ts';
import type {Result} from '../util/result.ts';

/** Resolves the flags to one cluster and user, by the files and the environment of this machine. */
export function openAccess(flags: AccessFlags): Result<Access, AccessError> {
	return loadAccess({
		flags,
		env: process.env,
		homeDir: os.homedir(),
		workingDir: process.cwd(),
		readFile: readTextFile,
	});
}

/** Text of a file; throws as Node does. */
export function readTextFile(path: string): string {
	return readFileSync(path, 'utf8');
}
