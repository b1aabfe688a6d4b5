import {type EpochMs, epochMs} from '../util/epoch-ms.ts';
import {err, ok, type Result} from '../util/result.ts';
import type {Place} from './place.ts';
import {type SumBy, TABS, type TabId, tabIdOf, tabOf, type View, type WithinBy} from './tabs.ts';
import {DETAIL_KINDS, type DetailKind} from './ui-state.ts';

const ALL = '*';
const NONE = '-';

/**
 * The address of a place: `tab/namespace/name?context=…&filter=…`.
 *
 * The path's second part is the namespace that the tab is limited to, `*` for all, or `-` before a name that has no
 * namespace (a node); what follows is the key of the selected row, without the namespace where that was just said.
 * Parts are percent-encoded. What is as it starts is left out.
 */
export function formatAddress(place: Place): string {
	const {namespace, key} = place;
	const query: Array<readonly [string, string]> = [];
	const path: string[] = [place.tab];
	if (key === undefined) {
		if (namespace !== undefined) path.push(encodePart(namespace));
	} else if (namespace !== undefined && key.startsWith(`${namespace}/`)) path.push(encodePart(namespace), ...encodeKey(key.slice(namespace.length + 1)));
	else {
		path.push(key.includes('/') ? ALL : NONE, ...encodeKey(key));
		if (namespace !== undefined) query.push(['namespace', namespace]);
	}
	if (place.context !== undefined) query.push(['context', place.context]);
	if (place.view !== undefined) query.push(['view', place.view]);
	if (place.sumBy !== undefined) query.push(['sum', place.sumBy]);
	if (place.within !== undefined) query.push(['in', `${place.within.by}:${place.within.key}`]);
	if (place.filter !== '') query.push(['filter', place.filter]);
	if (place.sort !== undefined) query.push(['sort', `${place.sort.isReversed ? '-' : ''}${place.sort.column}`]);
	if (place.isWide) query.push(['wide', 'true']);
	if (place.detail !== undefined) query.push(['pane', place.detail]);
	if (place.search !== '') query.push(['search', place.search]);
	if (place.at !== undefined) query.push(['at', formatMoment(place.at)]);
	const text = query.map(([name, value]) => `${name}=${encodePart(value).replaceAll('%2F', '/').replaceAll('%3A', ':')}`).join('&');
	return path.join('/') + (text === '' ? '' : `?${text}`);
}

/**
 * The place that an address names. Failures are one line that says what is wrong.
 */
export function parseAddress(address: string): Result<Place, string> {
	const mark = address.indexOf('?');
	const parts = (mark === -1 ? address : address.slice(0, mark)).replace(/\/$/, '').split('/').map(decodePart);
	if (parts.includes(undefined)) return err(`"${address}": a % must be followed by two hexadecimal digits`);
	const [word = '', scope, ...names] = parts as string[];
	const tab = tabIdOf(word);
	if (tab === undefined) return err(`there is no tab "${word}"; there are ${TABS.map(({id}) => id).join(', ')}`);

	const draft: {-readonly [Field in keyof Place]: Place[Field]} = {
		...nowhere(tab),
		namespace: scope === undefined || scope === ALL || scope === NONE || scope === '' ? undefined : scope,
	};
	const name = names.join('/');
	if (name !== '') draft.key = draft.namespace === undefined ? name : `${draft.namespace}/${name}`;

	for (const pair of mark === -1 ? [] : address.slice(mark + 1).split('&')) {
		if (pair === '') continue;
		const equals = pair.indexOf('=');
		const field = equals === -1 ? pair : pair.slice(0, equals);
		const value = decodePart(equals === -1 ? '' : pair.slice(equals + 1));
		if (value === undefined) return err(`"${pair}": a % must be followed by two hexadecimal digits`);
		const problem = readField(draft, tab, field, value);
		if (problem !== undefined) return err(problem);
	}
	return ok(draft);
}

/** A tab as it opens. */
export function nowhere(tab: TabId): Place {
	return {
		tab,
		context: undefined,
		namespace: undefined,
		key: undefined,
		view: undefined,
		sumBy: undefined,
		within: undefined,
		filter: '',
		sort: undefined,
		isWide: false,
		detail: undefined,
		search: '',
		at: undefined,
	};
}

/** Reads one field of the query into the draft; the answer is what is wrong with it. */
function readField(draft: {-readonly [Field in keyof Place]: Place[Field]}, tab: TabId, field: string, value: string): string | undefined {
	const {views, sums, insides} = tabOf(tab);
	switch (field) {
		case 'namespace':
			draft.namespace = value === '' || value === ALL ? undefined : value;
			return undefined;
		case 'context':
			draft.context = value;
			return undefined;
		case 'filter':
			draft.filter = value;
			return undefined;
		case 'search':
			draft.search = value;
			return undefined;
		case 'wide':
			if (value !== 'true' && value !== 'false' && value !== '') return `wide=${value}: true or false`;
			draft.isWide = value !== 'false';
			return undefined;
		case 'sort':
			if (value === '' || value === '-') return 'sort= names a column, with - before it for the other way round';
			draft.sort = value.startsWith('-') ? {column: value.slice(1), isReversed: true} : {column: value, isReversed: false};
			return undefined;
		case 'view':
			if (!(views as readonly string[]).includes(value)) return `${tab} has no view "${value}"${views.length === 0 ? '' : `; there are ${views.join(', ')}`}`;
			draft.view = value === views[0] ? undefined : (value as View);
			return undefined;
		case 'sum':
			if (!(sums as readonly string[]).includes(value)) return `${tab} has no sums by "${value}"${sums.length === 0 ? '' : `; there are ${sums.join(', ')}`}`;
			draft.sumBy = value as SumBy;
			return undefined;
		case 'in': {
			const all = [...new Set<WithinBy>([...sums, ...Object.values(insides).map(({by}) => by)])];
			const by = all.find(each => value.startsWith(`${each}:`));
			if (by === undefined) return all.length === 0 ? `${tab} has nothing to be in` : `in=${value}: say in=${all.at(-1)}:NAME, or one of ${all.join(', ')}`;
			draft.within = {by, key: value.slice(by.length + 1)};
			return undefined;
		}
		case 'pane':
			if (!(DETAIL_KINDS as readonly string[]).includes(value)) return `there is no pane "${value}"; there are ${DETAIL_KINDS.join(', ')}`;
			draft.detail = value as DetailKind;
			return undefined;
		case 'at': {
			const moment = parseMoment(value);
			if (moment === undefined) return `at=${value} is no moment; say at=2026-01-31T12:00:00Z`;
			draft.at = moment;
			return undefined;
		}
		default:
			return `an address has no "${field}"; it has context, namespace, filter, sort, view, sum, in, wide, pane, search, at`;
	}
}

/** Whole milliseconds as RFC 3339, a fraction of one as a number, which loses nothing. */
function formatMoment(at: EpochMs): string {
	return Number.isInteger(at) && at >= 0 && at < 253_402_300_800_000 ? new Date(at).toISOString().replace('.000Z', 'Z') : String(at);
}

function parseMoment(text: string): EpochMs | undefined {
	if (text === '') return undefined;
	const number = Number(text);
	const moment = Number.isNaN(number) ? Date.parse(text) : number;
	return Number.isFinite(moment) ? epochMs(moment) : undefined;
}

function encodeKey(key: string): readonly string[] {
	return key.split('/').map(encodePart);
}

/** Percent-encodes what has a meaning in an address, and only that, so that people can read it. Lone surrogates cannot be written and become U+FFFD. */
function encodePart(part: string): string {
	return encodeURIComponent(part.toWellFormed());
}

function decodePart(part: string): string | undefined {
	try {
		return decodeURIComponent(part);
	} catch {
		return undefined;
	}
}
