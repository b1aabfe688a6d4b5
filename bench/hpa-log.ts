import type {LivePass, Rescaled} from './hpa-tally.ts';

const LINE = /^[IEW](\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{6}) .*?\] (?:"((?:[^"\\]|\\.)*)")?(.*)$/;
const PAIR = /(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))/g;

/**
 * The passes in the log of a kube-controller-manager (`--vmodule=horizontal=4`), in their order.
 *
 * @param year The header of a line has none.
 * @param targets HPA by `Kind/namespace/name` of its target; every target has one HPA.
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler.
 */
export function readPasses(
	log: string,
	year: Date,
	targets: ReadonlyMap<string, string>,
): {readonly passes: readonly LivePass[]; readonly rescaled: readonly Rescaled[]} {
	const passes: LivePass[] = [];
	const rescaled: Rescaled[] = [];
	const proposals = new Map<string, {readonly raw: number; readonly metric: string}>();
	for (const line of log.split('\n')) {
		const match = LINE.exec(line);
		if (match === null) continue;
		const [, month, day, hour, minute, second, micro, message, rest = ''] = match;
		const at = new Date(
			year.getFullYear(),
			Number(month) - 1,
			Number(day),
			Number(hour),
			Number(minute),
			Number(second),
			Math.floor(Number(micro) / 1000),
		).getTime();
		const field = new Map(Array.from(rest.matchAll(PAIR), ([, name, quoted, bare]) => [name!, quoted ?? bare ?? '']));
		const key = targets.get(field.get('scaleTarget') ?? '') ?? field.get('HPA');
		switch (message) {
			case 'Proposing desired replicas':
			case 'Proposing desired replicas from zero':
				if (key !== undefined) proposals.set(key, {raw: Number(field.get('desiredReplicas')), metric: field.get('metric') ?? ''});
				break;
			case 'Decided not to scale': {
				if (key === undefined) break;
				const current = Number(field.get('desiredReplicas'));
				passes.push({kind: 'unchanged', key, at, current, raw: proposals.get(key)?.raw});
				proposals.delete(key);
				break;
			}
			case 'Successfully rescaled': {
				if (key === undefined) break;
				const proposal = proposals.get(key);
				proposals.delete(key);
				rescaled.push({
					key,
					at,
					current: Number(field.get('currentReplicas')),
					desired: Number(field.get('desiredReplicas')),
					reason: field.get('reason') ?? '',
					raw: proposal?.raw,
					metric: proposal?.metric,
				});
				break;
			}
			case 'Unhandled Error': {
				const [, target, error] = /for (\w+\/[-a-z0-9.]+\/[-a-z0-9.]+): (invalid metrics.*)/.exec(field.get('err') ?? '') ?? [];
				const failed = target === undefined ? undefined : targets.get(target);
				if (failed !== undefined && error !== undefined) passes.push({kind: 'failed', key: failed, at, current: undefined, raw: undefined, error});
				break;
			}
			default:
		}
	}
	return {passes, rescaled};
}
