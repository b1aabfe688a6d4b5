/** A quantity that changes with time: seconds since the scenario began → value, in whatever unit the user of the curve says. */
export type Curve = (seconds: number) => number;

export function constant(value: number): Curve {
	return () => value;
}

/** Swings around a mean; starts at the mean, going up. `phase` is the part of a period that is already over. */
export function sine({mean, amplitude, periodSeconds, phase = 0}: {mean: number; amplitude: number; periodSeconds: number; phase?: number}): Curve {
	return seconds => mean + amplitude * Math.sin(2 * Math.PI * (seconds / periodSeconds + phase));
}

/** Goes from one value to another in a straight line, and stays before and after. */
export function ramp({from, to, startSeconds = 0, overSeconds}: {from: number; to: number; startSeconds?: number; overSeconds: number}): Curve {
	return seconds => from + (to - from) * Math.min(1, Math.max(0, (seconds - startSeconds) / overSeconds));
}

/** Each value holds from its moment to the next one's; before the first, the first. Moments ascend. */
export function steps(first: readonly [atSeconds: number, value: number], ...rest: readonly (readonly [atSeconds: number, value: number])[]): Curve {
	return seconds => [first, ...rest].findLast(([at]) => at <= seconds)?.[1] ?? first[1];
}

/** A base with a spike of a given length at the end of every period. */
export function spikes({base, peak, everySeconds, lastingSeconds}: {base: number; peak: number; everySeconds: number; lastingSeconds: number}): Curve {
	return seconds => (seconds % everySeconds >= everySeconds - lastingSeconds ? peak : base);
}

/** Values at equal distances, straight lines between them, from the beginning again after the last one's time. */
export function series(values: readonly number[], secondsPerValue: number): Curve {
	if (values.length === 0) throw new Error('a series needs at least one value');
	return seconds => {
		const position = (seconds / secondsPerValue) % values.length;
		const index = Math.floor(position);
		const from = values[index]!;
		const to = values[Math.min(index + 1, values.length - 1)]!;
		return from + (to - from) * (position - index);
	};
}

/**
 * The numbers of one column of a CSV file, as a `series` takes them.
 *
 * Lines that begin with `#` are comments; the first other line is the header. Cells that are no number are an error that names the line:
 * a gap filled in silently would be a curve that nobody has measured.
 */
export function columnOf(csv: string, column: string): number[] {
	const lines = csv
		.split(/\r?\n/)
		.map((text, index) => ({text: text.trim(), number: index + 1}))
		.filter(({text}) => text !== '' && !text.startsWith('#'));
	const header = lines.shift();
	const index = header?.text.split(',').findIndex(name => name.trim() === column) ?? -1;
	if (index < 0) throw new Error(`no column ${column} in a file with the columns ${header?.text ?? '(none)'}`);
	return lines.map(({text, number}) => {
		const cell = text.split(',')[index]?.trim() ?? '';
		if (cell === '' || !Number.isFinite(Number(cell))) throw new Error(`line ${number}: ${JSON.stringify(cell)} in column ${column} is no number`);
		return Number(cell);
	});
}

/** The sum of curves: a daily swing with spikes on top. */
export function sum(...curves: readonly Curve[]): Curve {
	return seconds => curves.reduce((total, curve) => total + curve(seconds), 0);
}

/** A curve times a factor. */
export function times(factor: number, curve: Curve): Curve {
	return seconds => factor * curve(seconds);
}
