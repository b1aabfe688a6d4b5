import {epochMs} from '../../src/util/epoch-ms.ts';
import type {StepContext} from '../../src/state/step.ts';

/** The context of a screen that shows these rows; everything else has a value that a test may change. */
export function contextOf(keys: readonly string[], rest: Partial<StepContext> = {}): StepContext {
	return {
		rowCount: keys.length,
		keyAt: index => keys[index],
		indexOf: key => keys.indexOf(key),
		foldAt: () => undefined,
		pageSize: 5,
		columnCount: 6,
		namespaces: ['kube-system', 'shop', 'shop-eu'],
		sortable: [
			{id: 'name', title: 'NAME'},
			{id: 'cpu', title: 'CPU'},
			{id: 'memory', title: 'MEMORY'},
		],
		chord: '',
		now: epochMs(1_790_000_000_000),
		sortColumn: 'cpu',
		paneLines: 40,
		panePageSize: 10,
		paneColumns: 60,
		matchesOf: () => [],
		columnOf: ({from}) => from,
		helpLines: 60,
		helpPageSize: 20,
		hasChart: true,
		hasLog: true,
		...rest,
	};
}

/** `count` rows of a namespace. */
export function keysOf(count: number, namespace = 'shop'): readonly string[] {
	return Array.from({length: count}, (_, index) => `${namespace}/web-${index}`);
}
