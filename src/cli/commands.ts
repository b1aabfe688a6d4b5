/** The first word of a command line, where it is not an address. */
export type CommandWord = {readonly word: string; readonly does: string};

export const COMMANDS = [
	{word: 'top', does: 'use of nodes, pods or containers (what: nodes, pods, containers)'},
	{word: 'hpa', does: 'autoscalers, and why they are at their size (hpa NAME, hpa explain NAME)'},
	{word: 'version', does: 'print the version'},
] as const satisfies readonly CommandWord[];
