declare module 'asciichart' {
	/** Draws a series, one column a sample. See chart.ts for what it does with odd input. */
	export function plot(
		series: readonly number[],
		config: {
			readonly height: number;
			readonly min: number;
			readonly max: number;
			readonly offset: number;
			/** Called from the top line down: the value there, and the number of the line. */
			format(value: number, row: number): string;
		},
	): string;
}
