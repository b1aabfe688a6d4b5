import {describe} from 'vitest';
import {missingPrerequisite} from './binaries.ts';

const missing = await missingPrerequisite(process.env);
if (missing !== undefined && isCi(process.env.CI)) throw new Error(`the suites on a real control plane must run in CI, and cannot: ${missing}`);

/** A suite that needs the real control plane: skipped by name where it cannot be built, an error in CI. `skipped-suites.ts` counts what was skipped. */
export const describeWithCluster: (name: string, suite: () => void) => void =
	missing === undefined ? describe : (name, suite) => describe.skip(`${name} (${missing})`, suite);

function isCi(value: string | undefined): boolean {
	return value !== undefined && value !== '' && value !== 'false' && value !== '0';
}
