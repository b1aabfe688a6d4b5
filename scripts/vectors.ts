import {readFileSync} from 'node:fs';
import type {Adapter} from './vectors/adapter.ts';
import {hpaAdapter} from './vectors/hpa.ts';
import {quantityAdapter} from './vectors/quantity.ts';

// npm run vectors -- DOMAIN FILE: runs a file of inputs and expected answers, and ends with `N passed, N failed`.

/** vpa, pdb and dns join with their analyzers. */
const ADAPTERS: Readonly<Record<string, Adapter>> = {
	quantity: quantityAdapter,
	hpa: hpaAdapter,
};

function main([domain = '', path]: readonly string[]): number {
	const adapter = Object.hasOwn(ADAPTERS, domain) ? ADAPTERS[domain] : undefined;
	if (adapter === undefined || path === undefined) {
		console.error(`usage: npm run vectors -- DOMAIN FILE, where DOMAIN is one of ${Object.keys(ADAPTERS).join(', ')}`);
		return 2;
	}
	let file: unknown;
	try {
		file = JSON.parse(readFileSync(path, 'utf8'));
	} catch (error) {
		console.error(`${path}: ${error instanceof Error ? error.message : error}`);
		return 2;
	}

	let passed = 0;
	let failed = 0;
	for (const vector of adapter(file)) {
		let failures: readonly string[];
		try {
			failures = vector.failures();
		} catch (error) {
			failures = [`threw ${error instanceof Error ? error.message : error}`];
		}
		if (failures.length === 0) {
			passed++;
			continue;
		}
		failed++;
		console.log(`✗ ${vector.name}`);
		for (const failure of failures) console.log(`    ${failure}`);
	}
	console.log(`${passed} passed, ${failed} failed`);
	// A file without a single vector proves nothing.
	return failed === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
