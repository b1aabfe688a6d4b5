import {type OwnerLink, ownerChain} from '../../analyze/top/owner-chain.ts';
import type {ObjectRef} from '../../kube/owner.ts';
import {daemonsets} from '../../kube/resources/daemonsets.ts';
import {deployments} from '../../kube/resources/deployments.ts';
import {jobs} from '../../kube/resources/jobs.ts';
import {pods} from '../../kube/resources/pods.ts';
import {replicasets} from '../../kube/resources/replicasets.ts';
import {statefulsets} from '../../kube/resources/statefulsets.ts';
import type {Stored} from '../../kube/schema.ts';
import type {Frame} from '../../observe/frame.ts';
import type {Snapshot} from '../../store/store.ts';
import type {Line} from '../line.ts';
import {lineOf, span} from '../line-tools.ts';
import type {DetailInput} from './detail-lines.ts';
import {grid, heading} from './line-blocks.ts';
import type {PodEntry} from './pod-entry.ts';
import {statusCell} from './cells.ts';

/** More are counted, not listed. */
const LISTED = 50;

/** The controllers above an object, and what stands beside it. */
export function relatedLines({frame, subject, top}: DetailInput): readonly Line[] {
	if (subject.kind === 'node') return podsSection(`Pods on ${subject.objectKey}`, [...(top.nodeOf(subject.objectKey)?.pods ?? [])]);
	if (subject.kind === 'sum') return podsSection(subject.objectKey, subject.by === undefined ? [] : top.podsOf(subject.by, subject.objectKey));
	const entry = top.podOf(subject.objectKey)!;
	const siblings = siblingsOf(frame, entry);
	return [
		...ownerSection(frame, entry),
		...(entry.pod.spec.nodeName === '' ? [] : [...heading('Node'), lineOf(`  ${entry.pod.spec.nodeName}`)]),
		...(siblings === undefined
			? []
			: podsSection(
					'Pods of the same controller',
					siblings.map(each => top.podOf(each)).filter(each => each !== undefined),
				)),
	];
}

/** The owner chain, the pod last. */
export function ownerSection(frame: Frame, entry: PodEntry): readonly Line[] {
	const chain = ownerChain(entry.pod, ref => findOwner(frame, ref));
	if (chain.length === 0) return [...heading('Owner'), lineOf('  none: nothing makes this pod again when it is gone', 'warn')];
	const links = chain.toReversed();
	return [
		...heading('Owner'),
		...links.map(
			(link, depth): Line => [span(`  ${'  '.repeat(depth)}${depth === 0 ? '' : '└ '}${link.kind} ${link.name}`), span(remarkOn(frame, link), 'muted')],
		),
		[span(`  ${'  '.repeat(links.length)}└ Pod ${entry.pod.metadata.name}`, 'muted')],
	];
}

function remarkOn(frame: Frame, link: OwnerLink): string {
	if (link.isInferred) return '  (by its name; its owner was not read)';
	if (!link.isHeld) return '';
	const replicas = replicasText(frame, link);
	return replicas === undefined ? '' : `  ${replicas}`;
}

/** `2/3 ready`, where the owner says so. */
function replicasText(frame: Frame, ref: ObjectRef): string | undefined {
	const key = `${ref.namespace}/${ref.name}`;
	switch (ref.kind) {
		case 'ReplicaSet':
			return readyText(frame.snapshot(replicasets).objects.get(key));
		case 'Deployment':
			return readyText(frame.snapshot(deployments).objects.get(key));
		case 'StatefulSet':
			return readyText(frame.snapshot(statefulsets).objects.get(key));
		case 'DaemonSet': {
			const status = frame.snapshot(daemonsets).objects.get(key)?.status;
			return status === undefined ? undefined : `${status.numberReady}/${status.desiredNumberScheduled} ready`;
		}
		default:
			return undefined;
	}
}

function readyText(
	owner: {readonly spec: {readonly replicas: number | undefined}; readonly status: {readonly readyReplicas: number}} | undefined,
): string | undefined {
	// An absent `replicas` is 1: the API server fills it in.
	return owner === undefined ? undefined : `${owner.status.readyReplicas}/${owner.spec.replicas ?? 1} ready`;
}

/** An owner among what the frame holds; another object under the same name is not it. */
export function findOwner(frame: Frame, {kind, namespace, name, uid}: ObjectRef): Stored | undefined {
	const snapshot = snapshotOf(frame, kind);
	const object = snapshot?.objects.get(namespace === '' ? name : `${namespace}/${name}`);
	return object?.metadata.uid === uid ? object : undefined;
}

function snapshotOf(frame: Frame, kind: string): Snapshot<Stored> | undefined {
	switch (kind) {
		case 'ReplicaSet':
			return frame.snapshot(replicasets);
		case 'Deployment':
			return frame.snapshot(deployments);
		case 'StatefulSet':
			return frame.snapshot(statefulsets);
		case 'DaemonSet':
			return frame.snapshot(daemonsets);
		case 'Job':
			return frame.snapshot(jobs);
		default:
			return undefined;
	}
}

function siblingsOf(frame: Frame, {pod}: PodEntry): readonly string[] | undefined {
	const owner = pod.metadata.ownerReferences.find(each => each.controller === true);
	if (owner === undefined) return undefined;
	return frame
		.snapshot(pods)
		.byIndex('ownerUid', owner.uid)
		.map(each => `${each.metadata.namespace}/${each.metadata.name}`);
}

function podsSection(title: string, entries: readonly PodEntry[]): readonly Line[] {
	const listed = entries.toSorted((one, other) => (one.key < other.key ? -1 : 1)).slice(0, LISTED);
	return [
		...heading(`${title}: ${entries.length}`),
		...(listed.length === 0
			? []
			: grid(
					[{title: 'POD'}, {title: 'READY', align: 'right'}, {title: 'STATUS'}, {title: 'NODE'}],
					listed.map(entry => [
						{text: entry.key, tone: 'plain'},
						{text: `${entry.status.ready}/${entry.status.containers}`, tone: 'plain'},
						statusCell(entry.status.status),
						{text: entry.pod.spec.nodeName || '–', tone: 'muted'},
					]),
				)),
		...(entries.length > LISTED ? [lineOf(`  … ${entries.length - LISTED} more`, 'muted')] : []),
	];
}
