import type {EpochMs} from '../util/epoch-ms.ts';
import type {Fold, MetricValuesAnswer} from './observation.ts';

/** The last answer to a question, and when it came, by the server's clock as far as it was known. */
export type MetricValuesEntry = {readonly answer: MetricValuesAnswer; readonly at: EpochMs};

/** What the custom and external metrics APIs answered, by question. The same object until an answer came. */
export type MetricValuesState = ReadonlyMap<string, MetricValuesEntry>;

/** A question that nobody asked for so long is forgotten. */
const FORGOTTEN_AFTER_MS = 600_000;

/** The last answer to every question about a metric. */
export function createMetricValuesFold(): Fold<MetricValuesState, ReadonlyArray<readonly [string, MetricValuesEntry]>> {
	const entries = new Map<string, MetricValuesEntry>();
	let state: MetricValuesState | undefined;

	return {
		apply(observation) {
			if (observation.kind !== 'metricValues') return;
			const at = observation.serverAt ?? observation.at;
			// The latest last: the oldest are found at the front.
			entries.delete(observation.request);
			entries.set(observation.request, {answer: observation.answer, at});
			for (const [request, entry] of entries) {
				if (at - entry.at <= FORGOTTEN_AFTER_MS) break;
				entries.delete(request);
			}
			state = undefined;
		},
		read() {
			state ??= new Map(entries);
			return state;
		},
		save: () => [...entries],
		restore(saved) {
			entries.clear();
			for (const [request, entry] of saved) entries.set(request, entry);
			state = undefined;
		},
	};
}
