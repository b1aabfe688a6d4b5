/** How the rows of a tab may be seen; `v` goes through them. */
export type View = TopView | HpaView;
export type TopView = 'nodes' | 'pods' | 'containers' | 'tree';
export type HpaView = 'autoscalers' | 'trace' | 'groups';

/** Views whose rows unfold. */
const TREES: ReadonlySet<View | undefined> = new Set<View>(['tree', 'trace']);

export function isTreeView(view: View | undefined): boolean {
	return TREES.has(view);
}

/** What rows may be added up by; `h` goes through them. */
export type SumBy = 'namespace' | 'owner' | 'node';

/** What a view may be limited to: the rows of a sum or a node, or what belongs to one autoscaler. */
export type WithinBy = SumBy | 'hpa';

export type Tab = {
	readonly id: string;
	readonly title: string;
	/** The digit that opens it; tabs without one are reached by `:` and by address. */
	readonly number: number | undefined;
	/** The first is the one it opens with. Empty: the tab shows lines, not rows. */
	readonly views: readonly View[];
	readonly sums: readonly SumBy[];
	/** What a row of a view goes into with Enter: the view that opens, and what it is limited to. */
	readonly insides: Readonly<Partial<Record<View, {readonly view: View; readonly by: WithinBy}>>>;
};

/** Every tab, in the order of the tab bar. */
export const TABS = [
	{
		id: 'top',
		title: 'Top',
		number: 1,
		views: ['pods', 'containers', 'tree', 'nodes'],
		sums: ['namespace', 'owner', 'node'],
		insides: {nodes: {view: 'pods', by: 'node'}},
	},
	{
		id: 'hpa',
		title: 'HPA',
		number: 2,
		views: ['autoscalers', 'trace', 'groups'],
		sums: [],
		insides: {autoscalers: {view: 'trace', by: 'hpa'}},
	},
	{id: 'api', title: 'API', number: undefined, views: [], sums: [], insides: {}},
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
