import type {Frame, UsageSeries} from '../../observe/frame.ts';
import type {ChartInput, Reference} from '../chart.ts';
import {cpuText, memoryText} from '../format/amount.ts';
import type {RowSubject} from '../table-model.ts';
import type {TopRows} from './create-top-rows.ts';

/** A chart before it knows its size. */
export type TopChart = Omit<ChartInput, 'width' | 'height'>;

/**
 * CPU and memory of the selected object over the samples that were seen, with its request and limit (of a node: allocatable and the
 * sum of requests). undefined where there is nothing to draw: sums, and objects without a sample.
 */
export function topCharts(frame: Frame, top: Pick<TopRows, 'podOf' | 'nodeOf' | 'containerOf'>, subject: RowSubject): readonly TopChart[] | undefined {
	const series = seriesOf(frame, subject);
	if (series === undefined || series.times.length === 0) return undefined;
	return (['cpu', 'memory'] as const).map(name => ({
		title: `${name === 'cpu' ? 'CPU' : 'memory'} of ${subject.container === undefined ? subject.objectKey : `${subject.objectKey} ${subject.container}`}`,
		times: series.times,
		values: series[name],
		references: referencesOf(top, subject, name),
		format: name === 'cpu' ? cpuText : memoryText,
	}));
}

function seriesOf({usage}: Frame, {kind, objectKey, container}: RowSubject): UsageSeries | undefined {
	switch (kind) {
		case 'pod':
			return usage.podSeries(objectKey);
		case 'container':
			return usage.containerSeries(objectKey, container ?? '');
		case 'node':
			return usage.nodeSeries(objectKey);
		case 'sum':
		case 'hpa':
		case 'step':
			return undefined;
	}
}

function referencesOf(
	top: Pick<TopRows, 'podOf' | 'nodeOf' | 'containerOf'>,
	{kind, objectKey, container}: RowSubject,
	name: 'cpu' | 'memory',
): readonly Reference[] {
	if (kind === 'node') {
		const ledger = top.nodeOf(objectKey)?.[name];
		return ledger === undefined
			? []
			: present([
					{label: 'requests', value: ledger.requests, tone: 'warn'},
					{label: 'allocatable', value: ledger.allocatable, tone: 'bad'},
				]);
	}
	const resources = kind === 'container' ? top.containerOf(`${objectKey}/${container}`)?.resources : top.podOf(objectKey)?.resources;
	if (resources === undefined) return [];
	const isPartly = kind === 'pod' && top.podOf(objectKey)?.resources.partlyLimited.has(name) === true;
	return present([
		{label: 'request', value: resources.requests.get(name), tone: 'warn'},
		{label: 'limit', value: isPartly ? undefined : resources.limits.get(name), tone: 'bad'},
	]);
}

function present(references: ReadonlyArray<Omit<Reference, 'value'> & {readonly value: number | undefined}>): readonly Reference[] {
	return references.flatMap(({value, ...rest}) => (value === undefined || value === 0 ? [] : [{...rest, value}]));
}
