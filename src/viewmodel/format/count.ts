/** `1 pod`, `3 pods`; words with an irregular plural are not counted here. */
export function countOf(count: number, noun: string): string {
	return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
