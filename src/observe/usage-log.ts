import type {UsageSeries} from './frame.ts';

/** All series together may hold about so many numbers (22 MB) … */
const BUDGET_WORDS = 5_500_000;
/** … but no fewer samples of each than these; and of one no more are shown than these. */
const FEWEST_SAMPLES = 16;
const MOST_SAMPLES = 240;
/** Room for those that were measured oftener than others, or are gone. */
const SLACK = 2;
const FIRST_PAGE_WORDS = 1 << 12;
const PAGE_WORDS = 1 << 16;
/** Offsets in milliseconds up to here are exact in single precision; after 4.6 hours a new page begins. */
const LONGEST_OFFSET_MS = 2 ** 24;
const NO_NAMES = -1;

/**
 * A stretch of the log. Only ever written behind what was handed out before. `floats` are the same bytes as `words`.
 *
 * A sample is a word that leads back (the distance to the sample before it of the same object; 0: there is none;
 * negative: the distance to a bridge), the offset of its time, then CPU and memory of every name. A bridge stands where
 * the names change: the distance to the sample before, and the number of its names. CPU, memory and offsets are single
 * precision: seven digits are more than a chart has.
 */
type Page = {
	/** Position of its first word. */
	readonly from: number;
	readonly startMs: number;
	readonly words: Int32Array;
	readonly floats: Float32Array;
	used: number;
};

/** Where the series of one object ends. Adding to it makes another one and leaves this as it is. */
export type SeriesEnd = {
	/** Number of its names, in their order. */
	readonly names: number;
	/** Position of the last sample. */
	readonly last: number;
};

/** A stretch of the log, written down: a view of what it holds, which never changes. */
export type SavedPage = {readonly from: number; readonly startMs: number; readonly words: Int32Array};

export type SavedLog = {
	readonly names: ReadonlyArray<readonly string[]>;
	/** What lies before this position counts no more. */
	readonly floor: number;
	readonly end: number;
	/** Oldest first, without holes, up to `end`. What lies before them is lost. */
	readonly pages: readonly SavedPage[];
};

/** The log at one instant. */
export type UsageLogView = {
	/** As numbers, oldest first. `name` is one container; undefined: the sum over all names, NaN where one of them is unknown. @returns undefined when the name does not occur. */
	read(end: SeriesEnd, name: string | undefined): UsageSeries | undefined;
};

/**
 * The series of everybody in one log, in the order in which the samples came: a few large arrays instead of many small
 * ones, of which a keyframe takes just what came since the last one.
 */
export type UsageLog = {
	/** The number of a list of names. */
	numberOf(names: readonly string[]): number;
	namesOf(number: number): readonly string[];
	/**
	 * @param figures Of these, from `start` on, CPU and memory of each name.
	 * @returns The position of what was written: the last one of a series with these names.
	 */
	append(before: SeriesEnd | undefined, names: number, timestamp: number, figures: Readonly<ArrayLike<number>>, start: number): number;
	/** Forgets what is too old. @param stride Words that one sample of everybody takes. */
	trim(stride: number): void;
	view(): UsageLogView;
	save(): SavedLog;
	restore(saved: SavedLog): void;
};

/** Words that a sample of so many names takes. */
export function wordsOf(names: number): number {
	return 2 + 2 * names;
}

export function createUsageLog(): UsageLog {
	let nameLists: Array<readonly string[]> = [];
	let numbers = new Map<string, number>();
	/** The list whose number was asked for last: of those whose series begin together many have one. */
	let asked: {readonly names: readonly string[]; readonly number: number} | undefined;
	let pages: readonly Page[] = [];
	let floor = 0;
	let end = 0;

	/** The page with room for so many words, and for this moment. */
	function pageFor(words: number, timestamp: number): Page {
		const last = pages.at(-1);
		if (last !== undefined && last.used + words <= last.words.length && Math.abs(timestamp - last.startMs) <= LONGEST_OFFSET_MS) return last;
		const size = Math.max(words, Math.min(PAGE_WORDS, Math.max(FIRST_PAGE_WORDS, 2 * (last?.words.length ?? 0))));
		const fresh = pageOf({from: end, startMs: timestamp, words: new Int32Array(size)}, 0);
		pages = [...pages, fresh];
		return fresh;
	}

	return {
		numberOf(names) {
			if (asked?.names === names) return asked.number;
			const joined = keyOfNames(names);
			const number = numbers.get(joined) ?? nameLists.length;
			if (number === nameLists.length) {
				numbers.set(joined, number);
				nameLists.push(names);
			}
			asked = {names, number};
			return number;
		},
		namesOf: number => nameLists[number]!,
		append(before, names, timestamp, figures, start) {
			const count = nameLists[names]!.length;
			const isBridged = before !== undefined && before.names !== names;
			const page = pageFor((isBridged ? 2 : 0) + wordsOf(count), timestamp);
			const {words, floats} = page;
			if (isBridged) {
				words[page.used++] = end - before.last;
				words[page.used++] = before.names;
				end += 2;
			}
			const position = end;
			words[page.used++] = isBridged ? -2 : before === undefined ? 0 : position - before.last;
			floats[page.used++] = Math.round(timestamp - page.startMs);
			for (let at = start; at < start + 2 * count; at++) floats[page.used++] = figures[at]!;
			end += wordsOf(count);
			return position;
		},
		trim(stride) {
			const most = Math.max(FEWEST_SAMPLES * stride, Math.min(BUDGET_WORDS, SLACK * MOST_SAMPLES * stride));
			floor = Math.max(floor, end - most);
			const first = pages.findIndex(({from, used}) => from + used > floor);
			if (first > 0) pages = pages.slice(first);
		},
		view: () => viewOf(pages, floor, nameLists),
		save: () => ({
			names: [...nameLists],
			floor,
			end,
			pages: pages.map(({from, startMs, words, used}) => ({from, startMs, words: words.subarray(0, used)})),
		}),
		restore(saved) {
			asked = undefined;
			nameLists = [...saved.names];
			numbers = new Map(nameLists.map((names, number) => [keyOfNames(names), number]));
			pages = saved.pages.map(page => pageOf(page, page.words.length));
			floor = saved.floor;
			end = saved.end;
		},
	};
}

/** None, and one that is empty (a node's), are two. */
function keyOfNames(names: readonly string[]): string {
	return `${names.length}\n${names.join('\n')}`;
}

function pageOf(page: SavedPage, used: number): Page {
	return {...page, floats: new Float32Array(page.words.buffer, page.words.byteOffset, page.words.length), used};
}

function viewOf(pages: readonly Page[], floor: number, nameLists: ReadonlyArray<readonly string[]>): UsageLogView {
	const oldest = Math.max(floor, pages[0]?.from ?? Number.POSITIVE_INFINITY);

	function read(end: SeriesEnd, name: string | undefined): UsageSeries | undefined {
		// Back along the links: where each sample stands, and whose names it has.
		const positions: number[] = [];
		const names: number[] = [];
		let current = end.names;
		let isNamed = name === undefined;
		let index = pages.length - 1;
		let position = end.last;
		while (position >= oldest && positions.length < MOST_SAMPLES) {
			while (pages[index]!.from > position) index--;
			const {from, words} = pages[index]!;
			positions.push(position);
			names.push(current);
			isNamed ||= nameLists[current]!.includes(name!);
			let link = words[position - from]!;
			if (link === 0) break;
			if (link < 0) {
				position += link;
				if (position < oldest) break;
				while (pages[index]!.from > position) index--;
				const bridge = pages[index]!;
				link = bridge.words[position - bridge.from]!;
				current = bridge.words[position - bridge.from + 1]!;
			}
			position -= link;
		}
		if (!isNamed) return undefined;
		const length = positions.length;
		const series = {times: new Float64Array(length), cpu: new Float64Array(length), memory: new Float64Array(length)};
		let wantedOf = NO_NAMES;
		let wanted: readonly number[] = [];
		for (let at = length - 1, out = 0; at >= 0; at--, out++) {
			while (index < pages.length - 1 && pages[index + 1]!.from <= positions[at]!) index++;
			const {from, startMs, floats} = pages[index]!;
			if (names[at] !== wantedOf) {
				wantedOf = names[at]!;
				wanted = nameLists[wantedOf]!.flatMap((each, place) => (name === undefined || each === name ? [2 + 2 * place] : []));
			}
			const start = positions[at]! - from;
			series.times[out] = startMs + floats[start + 1]!;
			series.cpu[out] = sumOf(floats, start, wanted);
			series.memory[out] = sumOf(floats, start + 1, wanted);
		}
		return series;
	}

	return {read};
}

function sumOf(floats: Float32Array, start: number, places: readonly number[]): number {
	if (places.length === 0) return Number.NaN;
	let sum = 0;
	for (const place of places) sum += floats[start + place]!;
	return sum;
}

/** The part of saved pages that lies in [from, to). */
export function pagesBetween(pages: readonly SavedPage[], from: number, to: number): readonly SavedPage[] {
	return pages.flatMap(page => {
		const [start, end] = [Math.max(from, page.from), Math.min(to, page.from + page.words.length)];
		return start >= end ? [] : [{from: start, startMs: page.startMs, words: page.words.subarray(start - page.from, end - page.from)}];
	});
}

/** The series of the first recordings (format 1.0): samples in a row, for each the offset of its time, then CPU and memory of every name. */
export type FirstSeries = ReadonlyArray<{
	readonly names: readonly string[];
	readonly startMs: number;
	readonly values: Float32Array | ReadonlyArray<number | null>;
}>;

/** Appends a series of a first recording. @returns undefined where it is empty. */
export function appendFirstSeries(log: UsageLog, series: FirstSeries): SeriesEnd | undefined {
	let end: SeriesEnd | undefined;
	for (const {names, startMs, values} of series) {
		const number = log.numberOf(names);
		const stride = 1 + 2 * names.length;
		for (let at = 0; at + stride <= values.length; at += stride) {
			const figures = Array.from({length: stride - 1}, (_, place) => values[at + 1 + place] ?? Number.NaN);
			end = {names: number, last: log.append(end, number, startMs + (values[at] ?? 0), figures, 0)};
		}
	}
	return end;
}
