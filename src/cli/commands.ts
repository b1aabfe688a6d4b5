/** The first word of a command line, where it is not an address. */
export type CommandWord = {readonly word: string; readonly does: string};

export const COMMANDS = [
	{word: 'top', does: 'use of nodes, pods or containers (what: nodes, pods, containers)'},
	{word: 'hpa', does: 'autoscalers, and why they are at their size (hpa NAME, hpa explain NAME)'},
	{word: 'record', does: 'write down all that is seen to a new file (record FILE, --for 30m), without a screen'},
	{word: 'replay', does: 'look at a recording as if it were live (replay FILE, then an address)'},
	{word: 'demo', does: 'look at a recording that came with kwb: no cluster needed'},
	{word: 'version', does: 'print the version'},
] as const satisfies readonly CommandWord[];
