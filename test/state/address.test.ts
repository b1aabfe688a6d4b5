import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {formatAddress, nowhere, parseAddress} from '../../src/state/address.ts';
import {goTo, placeOf, type Place} from '../../src/state/place.ts';
import {openPlace} from '../../src/state/navigate.ts';
import {TABS} from '../../src/state/tabs.ts';
import {DETAIL_KINDS, initialUi} from '../../src/state/ui-state.ts';
import {epochMs} from '../../src/util/epoch-ms.ts';

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const segment = fc.string({minLength: 1, unit: 'grapheme'}).filter(text => !text.includes('/') && text.isWellFormed());
const text = fc.string({unit: 'grapheme'}).filter(each => each.isWellFormed());
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, {nil: undefined});

/** What of views, sums and insides a tab has. */
const PLACES: Readonly<Record<Place['tab'], (place: Place) => Pick<Place, 'view' | 'sumBy' | 'within'>>> = {
	top: ({view, sumBy, within}) => ({view, sumBy, within}),
	hpa: ({view, within}) => ({view: view && 'trace', sumBy: undefined, within: within && {by: 'hpa', key: within.key}}),
	api: () => ({view: undefined, sumBy: undefined, within: undefined}),
};

const anyPlace: fc.Arbitrary<Place> = fc
	.record({
		tab: fc.constantFrom(...TABS.map(({id}) => id)),
		context: optional(text),
		namespace: optional(label),
		key: optional(fc.array(segment, {minLength: 1, maxLength: 3}).map(parts => parts.join('/'))),
		isInNamespace: fc.boolean(),
		view: optional(fc.constantFrom('containers', 'tree', 'nodes')),
		sumBy: optional(fc.constantFrom('namespace', 'owner', 'node')),
		within: optional(fc.record({by: fc.constantFrom('namespace', 'owner', 'node'), key: text})),
		filter: text,
		sort: optional(fc.record({column: fc.stringMatching(/^[a-z][-a-z.%]*$/), isReversed: fc.boolean()})),
		isWide: fc.boolean(),
		detail: optional(fc.constantFrom(...DETAIL_KINDS)),
		search: text,
		at: optional(fc.oneof(fc.nat(), fc.double({noNaN: true, noDefaultInfinity: true})).map(value => epochMs(value + 0))),
	})
	.map(({isInNamespace, ...draft}) => {
		const place = draft as Place;
		return {
			...place,
			key: place.key !== undefined && place.namespace !== undefined && isInNamespace ? `${place.namespace}/${place.key}` : place.key,
			...PLACES[place.tab](place),
		};
	});

describe('an address', () => {
	test('leads to the place it was made of', () => {
		fc.assert(
			fc.property(anyPlace, place => {
				expect(parseAddress(formatAddress(place))).toEqual({ok: true, value: place});
			}),
			{numRuns: 500},
		);
	});

	test('is written in characters that need no quotes but ? and &', () => {
		fc.assert(
			fc.property(anyPlace, place => {
				expect(formatAddress(place)).toMatch(/^[-A-Za-z0-9_.!~*'():/?&=%+]*$/);
			}),
		);
	});

	test('opens the state it names, whatever was open before', () => {
		fc.assert(
			fc.property(anyPlace, anyPlace, (before, place) => {
				const detail = place.key === undefined ? undefined : place.detail;
				// A text is searched for in a pane, and the API tab is one.
				const whole = {...place, detail, search: detail === undefined && place.tab !== 'api' ? '' : place.search};
				const context = whole.context ?? before.context;
				expect(placeOf(openPlace(goTo(initialUi(), before), whole).state)).toEqual({...whole, context});
			}),
		);
	});

	test.each<[string, Partial<Place>]>([
		['top', {}],
		['top/', {}],
		['Top', {}],
		['top/shop', {namespace: 'shop'}],
		['top/*', {}],
		['top/shop/web-1', {namespace: 'shop', key: 'shop/web-1'}],
		['top/shop/web-1/app', {namespace: 'shop', key: 'shop/web-1/app'}],
		['top/*/shop/web-1', {key: 'shop/web-1'}],
		['top/-/node-1?view=nodes', {key: 'node-1', view: 'nodes'}],
		['top?view=pods', {}],
		[
			'top/shop?filter=web&sort=-cpu&wide=true&context=prod',
			{namespace: 'shop', filter: 'web', sort: {column: 'cpu', isReversed: true}, isWide: true, context: 'prod'},
		],
		['top?in=node:node-1', {within: {by: 'node', key: 'node-1'}}],
		['top?at=2026-01-31T12:00:00Z', {at: epochMs(Date.UTC(2026, 0, 31, 12))}],
	])('%s can be written by hand', (address, place) => {
		expect(parseAddress(address)).toEqual({ok: true, value: {...nowhere('top'), ...place}});
	});

	test.each<[Partial<Place>, string]>([
		[{}, 'top'],
		[{namespace: 'shop'}, 'top/shop'],
		[{namespace: 'shop', key: 'shop/web-1', detail: 'logs'}, 'top/shop/web-1?pane=logs'],
		[{key: 'shop/web-1'}, 'top/*/shop/web-1'],
		[{key: 'shop/web-1', detail: 'logs', search: 'OOM killed'}, 'top/*/shop/web-1?pane=logs&search=OOM%20killed'],
		[{key: 'node-1', view: 'nodes'}, 'top/-/node-1?view=nodes'],
		[{namespace: 'shop', key: 'node-1', view: 'nodes'}, 'top/-/node-1?namespace=shop&view=nodes'],
		[{at: epochMs(1_769_860_800_000)}, 'top?at=2026-01-31T12:00:00Z'],
		[{filter: 'a&b c'}, 'top?filter=a%26b%20c'],
	])('%j reads well', (place, address) => {
		expect(formatAddress({...nowhere('top'), ...place})).toBe(address);
	});

	test.each([
		['hpas', 'there is no tab "hpas"; there are top, hpa, api'],
		['', 'there is no tab ""; there are top, hpa, api'],
		['top/a%2', '"top/a%2": a % must be followed by two hexadecimal digits'],
		['top?filtre=x', 'an address has no "filtre"; it has context, namespace, filter, sort, view, sum, in, wide, pane, search, at'],
		['top?view=services', 'top has no view "services"; there are pods, containers, tree, nodes'],
		['api?view=pods', 'api has no view "pods"'],
		['top?at=noon', 'at=noon is no moment; say at=2026-01-31T12:00:00Z'],
		['top?pane=all', 'there is no pane "all"; there are describe, yaml, events, logs, related, explain'],
		['hpa?in=node:web', 'in=node:web: say in=hpa:NAME, or one of hpa'],
		['top?in=web', 'in=web: say in=node:NAME, or one of namespace, owner, node'],
		['top?sort=-', 'sort= names a column, with - before it for the other way round'],
		['top?wide=1', 'wide=1: true or false'],
	])('%s is refused with a reason', (address, error) => {
		expect(parseAddress(address)).toEqual({ok: false, error});
	});

	test('never throws', () => {
		fc.assert(fc.property(fc.string({unit: 'binary'}), any => void parseAddress(any)));
		fc.assert(fc.property(fc.string({unit: 'grapheme-ascii'}), any => void parseAddress(`top/${any}`)));
	});
});
