import {horizontalpodautoscalers} from '../kube/resources/horizontalpodautoscalers.ts';
import type {ResourceId} from '../kube/schema.ts';
import type {Frame} from '../observe/frame.ts';
import {targetResourceOf} from '../observe/hpa-target.ts';
import {listOf} from '../state/ui-state.ts';
import {createHpaRows} from '../viewmodel/hpa/create-hpa-rows.ts';
import {hpaChartLines} from '../viewmodel/hpa/hpa-charts.ts';
import {describeHpa, explainHpaLines, type HpaDetailInput, hpaEventLines, hpaRelatedLines} from '../viewmodel/hpa/hpa-detail-lines.ts';
import {hpaQueryOf} from '../viewmodel/hpa/hpa-query.ts';
import type {TabModel} from './tab-model.ts';

/** HPA: what each autoscaler decides, and why. */
export function createHpaTab(): TabModel {
	const rows = createHpaRows();
	const {evaluations} = rows;
	const needs = hpaNeeds();

	/** The autoscaler that a row is about: a step's, and in the view of pods the one that is open. */
	const keyOf = ({
		subject,
		ui,
	}: {
		readonly subject: {readonly kind: string; readonly objectKey: string};
		readonly ui: Parameters<TabModel['table']>[1];
	}): string => (subject.kind === 'pod' ? hpaOfPodRow(ui) : subject.objectKey);

	return {
		needs(frame, ui) {
			const {detail} = listOf(ui);
			return [...needs(frame), ...(detail?.kind === 'describe' || detail?.kind === 'events' ? ['events'] : [])];
		},
		background: needs,
		stores: () => [horizontalpodautoscalers.id, 'pods'],
		table: (frame, ui) => rows.model(frame, hpaQueryOf(ui)),
		detail(kind, {frame, ui, subject, size}) {
			const input: HpaDetailInput = {frame, evaluations, key: keyOf({subject, ui}), width: size.columns};
			switch (kind) {
				case 'describe':
					return subject.kind === 'step' ? explainHpaLines(input, subject.step) : describeHpa(input);
				case 'events':
					return hpaEventLines(input);
				case 'related':
					return hpaRelatedLines(input);
				case 'explain':
					return explainHpaLines(input, subject.step);
			}
		},
		hasChart: ({frame, ui, subject}) => frame.hpas.records.has(keyOf({subject, ui})),
		chart({frame, ui, subject, size}) {
			const key = keyOf({subject, ui});
			const record = frame.hpas.records.get(key);
			return record === undefined ? [] : hpaChartLines(key, record, size.columns, size.rows);
		},
		countsSeconds: () => true,
	};
}

/** In the view of pods rows are keyed `namespace/name#metric pod`. */
function hpaOfPodRow(ui: Parameters<TabModel['table']>[1]): string {
	const {detail} = listOf(ui);
	return detail?.key.slice(0, detail.key.indexOf('#')) ?? '';
}

/** HPAs, pods, the controller's lease, and of the targets the kinds that occur: a cluster has many ReplicaSets, and few are scaled by themselves. */
export function hpaNeeds(): (frame: Frame) => readonly ResourceId[] {
	let known: {readonly sequence: number; readonly needs: readonly ResourceId[]} | undefined;
	return frame => {
		const snapshot = frame.snapshot(horizontalpodautoscalers);
		if (known?.sequence === snapshot.sequence) return known.needs;
		const targets = new Set<ResourceId>(['deployments']);
		for (const hpa of snapshot.objects.values()) {
			const resource = targetResourceOf(hpa);
			if (resource !== undefined) targets.add(resource.id);
		}
		const needs = [horizontalpodautoscalers.id, 'pods', ...targets, 'leases'];
		known = {sequence: snapshot.sequence, needs: known !== undefined && known.needs.join() === needs.join() ? known.needs : needs};
		return known.needs;
	};
}
