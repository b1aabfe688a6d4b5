/** What is asked of autoscalers: all or one of them, or the working of one. */
export type HpaWords = {readonly name: string | undefined; readonly isExplain: boolean};

/** `kwb hpa`, `kwb hpa NAME`, `kwb hpa explain NAME`; undefined for anything else. */
export function hpaWordsOf([first, second, third, ...rest]: readonly string[]): HpaWords | {readonly error: string} | undefined {
	if (first !== 'hpa') return undefined;
	if (second === 'explain' && third === undefined) return {error: 'hpa explain what? Say the name of an autoscaler'};
	if (second === 'explain') return rest.length > 0 ? {error: `too many words: ${rest.join(' ')}`} : {name: third, isExplain: true};
	return third === undefined ? {name: second, isExplain: false} : {error: `unexpected ${JSON.stringify(third)} after ${JSON.stringify(second)}`};
}
