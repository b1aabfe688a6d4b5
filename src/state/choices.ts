import {TABS} from './tabs.ts';
import type {TextField} from './text-field.ts';

/** The names that pickers and the palette offer. */
export type NameContext = {
	/** Namespaces that are known, in the order in which they are shown. */
	readonly namespaces: readonly string[];
	/** Columns that can be sorted by. */
	readonly sortable: ReadonlyArray<{readonly id: string; readonly title: string}>;
};

export type Choice = {readonly value: string; readonly label: string};

const NAMESPACE_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** What can be picked now: what contains the text of the field, best first. The value of "all namespaces" is empty. */
export function choicesOf(
	{of, field}: {readonly of: 'namespace' | 'sort' | 'palette'; readonly field: TextField},
	{namespaces, sortable}: NameContext,
): readonly Choice[] {
	const text = field.text.trim().toLowerCase();
	switch (of) {
		case 'namespace': {
			const found = matching(
				namespaces.map(name => ({value: name, label: name})),
				text,
			);
			if (text === '') return [{value: '', label: 'all namespaces'}, ...found];
			// Somebody who may not list namespaces still knows the name of their own.
			return NAMESPACE_NAME.test(text) && !namespaces.includes(text) ? [...found, {value: text, label: `${text} (not in the list)`}] : found;
		}
		case 'sort':
			return matching(
				sortable.map(({id, title}) => ({value: id, label: title})),
				text,
			);
		case 'palette':
			return [...TABS.map(({id, title}) => ({value: id, label: title})), ...namespaces.map(name => ({value: name, label: name}))].filter(({value}) =>
				value.startsWith(text),
			);
	}
}

/** Those that begin with the text before those that only contain it. */
function matching(choices: readonly Choice[], text: string): readonly Choice[] {
	const starts = choices.filter(({label, value}) => value.toLowerCase().startsWith(text) || label.toLowerCase().startsWith(text));
	const contains = choices.filter(
		choice => !starts.includes(choice) && (choice.value.toLowerCase().includes(text) || choice.label.toLowerCase().includes(text)),
	);
	return [...starts, ...contains];
}
