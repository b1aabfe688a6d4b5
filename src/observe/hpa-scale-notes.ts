import type {ScaleReading} from '../analyze/hpa/hpa-input.ts';
import type {HorizontalPodAutoscaler} from '../kube/resources/horizontalpodautoscalers.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {FactsState} from './frame.ts';

/** A target whose scale only its subresource tells: a custom resource, or a kind that kwb does not watch. */
export type ScaleTarget = {readonly apiVersion: string; readonly kind: string; readonly namespace: string; readonly name: string};

/** What the scale subresource said when it was asked last, by the server's clock. */
export type NotedScale = {readonly at: EpochMs} & (
	| {readonly kind: 'read'; readonly specReplicas: number; readonly statusReplicas: number; readonly selector: string}
	/** `isOurs`: kwb may not read it, or got no answer; the controller may. Else the controller is told the same. */
	| {readonly kind: 'failed'; readonly message: string; readonly isOurs: boolean}
);

/** Topic of the note that holds what was said. */
export const scaleTopic = ({apiVersion, kind, namespace, name}: ScaleTarget): string => `hpa/scale ${apiVersion} ${kind}/${namespace}/${name}`;

export function scaleTargetOf({metadata: {namespace}, spec: {scaleTargetRef}}: HorizontalPodAutoscaler): ScaleTarget {
	const {apiVersion, kind, name} = scaleTargetRef;
	return {apiVersion, kind, namespace, name};
}

/** The scale as it was noted. Until somebody has asked, and where only kwb may not ask, the controller may still know it. */
export function notedScale({notes}: Pick<FactsState, 'notes'>, target: ScaleTarget): ScaleReading {
	const noted = parsed(notes.get(scaleTopic(target)));
	if (noted === undefined) return {kind: 'failed', message: `the scale of ${target.kind} ${target.name} was not asked for yet`, isOurs: true};
	if (noted.kind === 'failed') return {kind: 'failed', message: noted.message, isOurs: noted.isOurs};
	const {specReplicas, statusReplicas, selector, at} = noted;
	return {kind: 'read', specReplicas, statusReplicas, selector, from: `${target.kind} ${target.namespace}/${target.name}, scale`, at};
}

function parsed(note: string | undefined): NotedScale | undefined {
	if (note === undefined) return undefined;
	try {
		return JSON.parse(note) as NotedScale;
	} catch {
		return undefined;
	}
}
