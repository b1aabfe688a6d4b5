import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import type {ObservationBody} from '../../../src/observe/observation.ts';
import {epochMs} from '../../../src/util/epoch-ms.ts';
import {scaleTopic} from '../../../src/observe/hpa-scale-notes.ts';
import {createHpaRows} from '../../../src/viewmodel/hpa/create-hpa-rows.ts';
import {describeHpa, explainHpaLines} from '../../../src/viewmodel/hpa/hpa-detail-lines.ts';
import {hpasJson} from '../../../src/viewmodel/hpa/hpa-json.ts';
import type {HpaQuery} from '../../../src/viewmodel/hpa/hpa-query.ts';
import {textOfLine} from '../../../src/viewmodel/line-tools.ts';
import type {TableModel} from '../../../src/viewmodel/table-model.ts';
import {applied, deleted, deploymentObject, hpaObject, newStream, opening, podObject, sampleOf, stamped, START} from '../../observe/hpa-world.ts';

const ALL: HpaQuery = {view: 'autoscalers', within: undefined, namespace: undefined, filter: '', sort: undefined, isWide: false, expanded: []};
const at = epochMs(START + 20_000);

/** A second autoscaler that is broken, one that wants more than it may have, and one of a kind that kwb cannot scale. */
const others: readonly ObservationBody[] = [
	applied('horizontalpodautoscalers', hpaObject({name: 'lost'})),
	applied('horizontalpodautoscalers', hpaObject({name: 'full', max: 1, current: 1})),
	applied('deployments', deploymentObject(1, 'full')),
	applied('pods', podObject(0, 'full')),
	sampleOf(0, 100, START, 'full'),
	applied('horizontalpodautoscalers', hpaObject({name: 'rollout', target: {kind: 'Rollout', name: 'r', apiVersion: 'argoproj.io/v1'}})),
];

function world(more: readonly ObservationBody[] = others) {
	const stream = newStream();
	for (const each of stamped([...opening(), ...more], 100)) stream.replay(each);
	return {stream, frame: stream.frame(at), rows: createHpaRows()};
}

function texts({rows, columns}: TableModel, column: string): readonly (string | undefined)[] {
	const index = columns.findIndex(({id}) => id === column);
	return Array.from({length: rows.length}, (_, row) => rows.at(row)?.cells[index]?.text);
}

describe('the list of autoscalers', () => {
	test('has trouble first, and says in one word how each stands', () => {
		const {frame, rows} = world();
		const model = rows.model(frame, ALL);
		expect(texts(model, 'name')).toEqual(['lost', 'full', 'rollout', 'web']);
		expect(texts(model, 'state')).toEqual(['failing', 'at max', 'unknown', 'steady']);
		expect(texts(model, 'metrics')[3]).toBe('cpu 50%/50%');
		expect(texts(model, 'limit')).toEqual(['no scale', 'maximum', 'no scale', 'tolerance']);
	});

	test('an autoscaler at its maximum that is inside its tolerance is no trouble', () => {
		const {frame, rows} = world([
			applied('horizontalpodautoscalers', hpaObject({name: 'full', max: 1, current: 1})),
			applied('deployments', deploymentObject(1, 'full')),
			applied('pods', podObject(0, 'full')),
			sampleOf(0, 52, START, 'full'),
		]);
		expect(texts(rows.model(frame, {...ALL, filter: 'full'}), 'state')).toEqual(['steady']);
	});

	test('an autoscaler with one failing metric among good ones is trouble, though it goes on', () => {
		const queue = {type: 'External', external: {metric: {name: 'queue'}, target: {type: 'Value', value: '1'}}};
		const cpu = {type: 'Resource', resource: {name: 'cpu', target: {type: 'Utilization', averageUtilization: 50}}};
		const request = 'external.metrics.k8s.io namespaces/shop/queue?';
		const {frame, rows} = world([
			...others,
			applied('horizontalpodautoscalers', hpaObject({name: 'partly', metrics: [cpu, queue]})),
			applied('deployments', deploymentObject(2, 'partly')),
			applied('pods', podObject(0, 'partly')),
			applied('pods', podObject(1, 'partly')),
			sampleOf(0, 50, START, 'partly'),
			sampleOf(1, 50, START, 'partly'),
			{kind: 'metricValues', request, answer: {kind: 'failed', message: 'the queue does not answer'}},
		]);
		const model = rows.model(frame, ALL);
		expect(texts(model, 'name').slice(0, 2)).toEqual(['lost', 'partly']);
		expect(texts(model, 'state')[1]).toBe('steady');
		expect(texts(model, 'metrics')[1]).toBe('cpu 50%/50%, queue ✗/1');
	});

	test('explains again only what changed', () => {
		const {stream, frame, rows} = world();
		rows.model(frame, ALL);
		const before = rows.evaluations.explained;
		rows.model(stream.frame(at), ALL);
		expect(rows.evaluations.explained).toBe(before);
		stream.observe(sampleOf(0, 60, START + 15_000));
		rows.model(stream.frame(at), ALL);
		expect(rows.evaluations.explained).toBe(before + 1);
		stream.observe(applied('pods', podObject(7, 'nobody')));
		rows.model(stream.frame(at), ALL);
		expect(rows.evaluations.explained).toBe(before + 1);
	});

	test('keeps its answer for the same frame and query, and forgets who is deleted', () => {
		const {stream, frame, rows} = world();
		expect(rows.model(frame, ALL)).toBe(rows.model(frame, ALL));
		stream.observe(deleted('horizontalpodautoscalers', hpaObject({name: 'lost'})));
		expect(texts(rows.model(stream.frame(at), ALL), 'name')).toEqual(['full', 'rollout', 'web']);
	});

	test('is filtered, limited to a namespace, and sorted as asked', () => {
		const {frame, rows} = world();
		expect(texts(rows.model(frame, {...ALL, filter: 'deployment steady'}), 'name')).toEqual(['web']);
		expect(rows.model(frame, {...ALL, namespace: 'other'}).shown).toBe(0);
		expect(texts(rows.model(frame, {...ALL, sort: {column: 'name', isReversed: false}}), 'name')).toEqual(['full', 'lost', 'rollout', 'web']);
	});
});

describe('the trace', () => {
	const within: HpaQuery = {...ALL, view: 'trace', within: 'shop/web'};

	test('unfolds to rules and inputs, and folds again', () => {
		const {frame, rows} = world();
		const folded = rows.model(frame, within);
		expect(Array.from({length: folded.rows.length}, (_, row) => folded.rows.at(row)?.fold)).toEqual(
			folded.rows.length === 8 ? new Array(8).fill('closed') : [],
		);
		const key = folded.rows.at(1)!.key;
		const open = rows.model(frame, {...within, expanded: [key]});
		expect(open.rows.length).toBeGreaterThan(folded.rows.length + 2);
		expect(texts(open, 'step')).toContain('max = 10');
		expect(open.rows.at(open.rows.indexOf(key))?.fold).toBe('open');
	});

	test('of all autoscalers begins with a row each', () => {
		const {frame, rows} = world();
		const model = rows.model(frame, {...within, within: undefined});
		expect(model.shown).toBe(4);
		expect(rows.model(frame, {...within, within: undefined, expanded: ['shop/web']}).shown).toBe(12);
	});

	test('says above it why it is where it is', () => {
		const {frame, rows} = world();
		expect(rows.model(frame, within).notes.map(textOfLine)[0]).toBe(
			'It is at 2 because cpu is at 50% against 50%, inside the tolerance (moves up above 55%, down below 45% (from 56m, below 45m a pod)).',
		);
	});
});

test('the pods of an autoscaler have group, value, request and reason', () => {
	const {frame, rows} = world([deleted('pods', podObject(1)), applied('pods', podObject(2))]);
	const model = rows.model(frame, {...ALL, view: 'groups', within: 'shop/web'});
	expect(texts(model, 'pod')).toEqual(['web-2', 'web-0']);
	expect(texts(model, 'group')).toEqual(['missing', 'ready']);
	expect(texts(model, 'value')).toEqual(['–', '50m']);
	expect(texts(model, 'request')).toEqual(['100m', '100m']);
});

test('panes and JSON say the same of the decision, and nothing of one that is gone', () => {
	const {frame, rows} = world();
	rows.model(frame, ALL);
	const input = {frame, evaluations: rows.evaluations, key: 'shop/web', width: 100};
	const described = describeHpa(input).map(textOfLine).join('\n');
	expect(described).toContain('It is at 2 because cpu is at 50% against 50%');
	expect(described).toContain('2 ready');
	expect(explainHpaLines(input).map(textOfLine).join('\n')).toContain('100 × 100 / 200 = 50% over 2 pods');
	expect(describeHpa({...input, key: 'shop/gone'}).map(textOfLine)).toEqual(['autoscaler shop/gone is gone']);
	const json = JSON.parse(JSON.stringify(hpasJson(frame, rows.evaluations, [rows.evaluations.all.get('shop/web')!], {namespace: undefined, withSteps: true})));
	expect(json.items[0]).toMatchObject({
		name: 'web',
		state: 'steady',
		currentReplicas: 2,
		rawReplicas: {low: 2, high: 2},
		metrics: [{ratio: 1, current: '50%', insideFrom: '45%', insideTo: '55%'}],
	});
	expect(json.items[0].steps).toHaveLength(8);
});

test('every field of an autoscaler in JSON is documented, and every documented field is there', () => {
	const documented = [
		...readFileSync('docs/json.md', 'utf8')
			.split(/^# What `kwb hpa/m)[1]!
			.matchAll(/^\| `([^`]+)`/gm),
	].map(([, name]) => name!);
	const {frame, rows} = world();
	rows.model(frame, ALL);
	const json = hpasJson(frame, rows.evaluations, [rows.evaluations.all.get('shop/web')!], {namespace: undefined, withSteps: true});
	const found = new Set([...Object.keys(json), ...Object.keys(json.items[0] as object)]);
	expect(documented.filter(name => !found.has(name))).toEqual([]);
	expect([...found].filter(name => !documented.includes(name))).toEqual([]);
});

describe('a target whose scale has to be asked for', () => {
	const target = {apiVersion: 'argoproj.io/v1', kind: 'Rollout', namespace: 'shop', name: 'r'};
	const noted = (scale: object): ObservationBody => ({
		kind: 'fact',
		fact: {name: 'note', topic: scaleTopic(target), value: JSON.stringify({at: START, ...scale})},
	});
	const rollout = [
		applied('horizontalpodautoscalers', hpaObject({name: 'rollout', target: {kind: 'Rollout', name: 'r', apiVersion: 'argoproj.io/v1'}})),
		applied('pods', podObject(0, 'r')),
		applied('pods', podObject(1, 'r')),
		sampleOf(0, 100, START, 'r'),
		sampleOf(1, 100, START, 'r'),
	];
	const stateWith = (...more: readonly ObservationBody[]): string | undefined => {
		const {frame, rows} = world([...rollout, ...more]);
		return texts(rows.model(frame, {...ALL, filter: 'rollout'}), 'state')[0];
	};

	test('is explained as any other once it is read', () => {
		const {frame, rows} = world([...rollout, noted({kind: 'read', specReplicas: 2, statusReplicas: 2, selector: 'app=r'})]);
		const model = rows.model(frame, {...ALL, within: 'shop/rollout', view: 'trace'});
		expect(texts(model, 'step').join('\n')).toMatch(/2 replicas wanted, 2 there, as it was/);
		expect(rows.evaluations.all.get('shop/rollout')?.explanation).toMatchObject({state: 'growing', decision: {desired: 4}});
	});

	test('follows what its scale says', () => {
		const {stream, rows} = world([...rollout, noted({kind: 'read', specReplicas: 2, statusReplicas: 2, selector: 'app=r'})]);
		rows.model(stream.frame(at), ALL);
		for (const each of stamped([noted({kind: 'read', specReplicas: 5, statusReplicas: 5, selector: 'app=other'})], 100, START + 20_000)) stream.replay(each);
		rows.model(stream.frame(at), ALL);
		expect(rows.evaluations.all.get('shop/rollout')?.explanation).toMatchObject({scale: {specReplicas: 5}, input: {pods: []}});
	});

	test.each([
		['not asked yet', [], 'unknown'],
		['refused to kwb', [noted({kind: 'failed', message: 'get rollouts.argoproj.io/scale: 403 no', isOurs: true})], 'unknown'],
		['not there', [noted({kind: 'failed', message: 'get rollouts.argoproj.io/scale: 404 no', isOurs: false})], 'failing'],
	])('%s: %s', (_, more, state) => {
		expect(stateWith(...more)).toBe(state);
		const {frame, rows} = world([...rollout, ...more]);
		rows.model(frame, ALL);
		expect(rows.evaluations.all.get('shop/rollout')?.explanation.path).toBe('scaleFailed');
	});
});
