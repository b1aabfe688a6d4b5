import {wash} from '../wire/wash.ts';

/** Parts of an object that are folded to a line: long, and rarely what somebody looks for. */
const FOLDED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * An object's JSON as lines of YAML, managed fields and the last applied configuration folded.
 * What a Secret holds is replaced by its size, whoever asks.
 *
 * @returns undefined for text that is no JSON object.
 */
export async function yamlOf(json: string): Promise<readonly string[] | undefined> {
	let object: unknown;
	try {
		object = JSON.parse(json);
	} catch {
		return undefined;
	}
	if (!isRecord(object)) return undefined;
	const {dump} = await import('js-yaml');
	return dump(folded(object), {lineWidth: -1, noRefs: true})
		.split('\n')
		.filter((line, index, lines) => line !== '' || index < lines.length - 1)
		.map(wash);
}

function folded(object: Record<string, unknown>): Record<string, unknown> {
	const {metadata} = object;
	const result: Record<string, unknown> = {...object};
	if (isRecord(metadata)) {
		const {managedFields, annotations} = metadata;
		const kept: Record<string, unknown> = {...metadata};
		if (Array.isArray(managedFields)) kept.managedFields = `(${managedFields.length} entries folded)`;
		if (isRecord(annotations) && typeof annotations[FOLDED_ANNOTATION] === 'string') {
			kept.annotations = {...annotations, [FOLDED_ANNOTATION]: `(${annotations[FOLDED_ANNOTATION].length} characters folded)`};
		}
		result.metadata = kept;
	}
	if (object.kind === 'Secret') {
		for (const field of ['data', 'stringData']) {
			const data = object[field];
			if (isRecord(data)) result[field] = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, `(${String(value).length} characters hidden)`]));
		}
	}
	return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
