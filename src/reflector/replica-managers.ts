import {objectPath} from '../kube/api-paths.ts';
import {managersTopic, type ReplicaManager} from '../observe/hpa-managers.ts';
import {TARGETS} from '../observe/hpa-target.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import {isJsonObject, parseJson} from '../wire/json-text.ts';
import type {ReflectorContext} from './reflector-context.ts';
import {shortRequest} from './short-request.ts';

/**
 * Asks who owns `spec.replicas` of a target, and tells it as a fact: names of field managers and times, nothing else of
 * the object. Where it may not be read nothing is told.
 *
 * @param target `Kind/namespace/name`.
 */
export async function readReplicaManagers(context: ReflectorContext, target: string, signal: AbortSignal): Promise<void> {
	const [kind, namespace = '', name = ''] = target.split('/');
	const resource = TARGETS.find(each => each.kind === kind);
	if (resource === undefined) return;
	const path = objectPath(resource, resource.versions[0]!, namespace, name);
	const answer = await shortRequest(context, {path, accept: 'application/json', counted: {verb: 'get', resource: resource.id}}, signal);
	if (!answer.ok) return;
	context.observe({kind: 'fact', fact: {name: 'note', topic: managersTopic(target), value: JSON.stringify(replicaManagersIn(answer.value.text))}});
}

/** The entries of `metadata.managedFields` that own `spec.replicas`. */
export function replicaManagersIn(text: string): readonly ReplicaManager[] {
	const parsed = parseJson(text);
	const metadata = parsed.ok && isJsonObject(parsed.value) ? parsed.value.metadata : undefined;
	const entries = isJsonObject(metadata) && Array.isArray(metadata.managedFields) ? metadata.managedFields : [];
	return entries.flatMap((entry): readonly ReplicaManager[] => {
		const fields = isJsonObject(entry) ? entry.fieldsV1 : undefined;
		const spec = isJsonObject(fields) ? fields['f:spec'] : undefined;
		if (!isJsonObject(entry) || !isJsonObject(spec) || !('f:replicas' in spec)) return [];
		const time = typeof entry.time === 'string' ? Date.parse(entry.time) : Number.NaN;
		return [
			{
				manager: String(entry.manager ?? ''),
				subresource: typeof entry.subresource === 'string' ? entry.subresource : '',
				operation: String(entry.operation ?? ''),
				time: Number.isFinite(time) ? (time as EpochMs) : undefined,
			},
		];
	});
}
