/** How the rows of a tab may be seen; `v` goes through them. */
export type View = 'nodes' | 'pods' | 'containers' | 'tree';

/** What rows may be added up by; `h` goes through them. */
export type SumBy = 'namespace' | 'owner' | 'node';

export type Tab = {
	readonly id: string;
	readonly title: string;
	/** The digit that opens it; tabs without one are reached by `:` and by address. */
	readonly number: number | undefined;
	/** The first is the one it opens with. Empty: the tab shows lines, not rows. */
	readonly views: readonly View[];
	readonly sums: readonly SumBy[];
};

/** Every tab, in the order of the tab bar. */
export const TABS = [
	{id: 'top', title: 'Top', number: 1, views: ['pods', 'containers', 'tree', 'nodes'], sums: ['namespace', 'owner', 'node']},
	{id: 'api', title: 'API', number: undefined, views: [], sums: []},
] as const satisfies readonly Tab[];

export type TabId = (typeof TABS)[number]['id'];

/** The entry of a tab. */
export function tabOf(id: TabId): Tab {
	return TABS.find(tab => tab.id === id)!;
}

/** The id that a word names: the id itself or the title, in any case. */
export function tabIdOf(word: string): TabId | undefined {
	const lower = word.toLowerCase();
	return TABS.find(tab => tab.id === lower || tab.title.toLowerCase() === lower)?.id;
}
