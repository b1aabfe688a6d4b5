import type {Event} from '../../kube/resources/events.ts';
import type {EpochMs} from '../../util/epoch-ms.ts';

/** Events of one reason, as one. */
export type FoldedEvent = {
	/** `Normal` or `Warning`. */
	readonly type: string;
	readonly reason: string;
	/** How often, by the counts that the events carry. */
	readonly count: number;
	readonly firstAt: EpochMs | undefined;
	readonly lastAt: EpochMs | undefined;
	/** Of the newest one. */
	readonly message: string;
	/** Other messages under the same reason. */
	readonly otherMessages: number;
	/** The component that said so. */
	readonly from: string;
};

/** Folds events by type, reason and component; newest first. */
export function foldEvents(events: Iterable<Event>): readonly FoldedEvent[] {
	const folded = new Map<string, FoldedEvent & {readonly messages: ReadonlySet<string>}>();
	for (const event of events) {
		const from = event.source.component || event.reportingComponent;
		const key = `${event.type}\n${event.reason}\n${from}`;
		const before = folded.get(key);
		const lastAt = lastSeen(event);
		const isNewer = before === undefined || (lastAt ?? 0) >= (before.lastAt ?? 0);
		const messages = new Set([...(before?.messages ?? []), event.message]);
		folded.set(key, {
			type: event.type,
			reason: event.reason,
			from,
			count: (before?.count ?? 0) + timesSeen(event),
			firstAt: least(before?.firstAt, firstSeen(event)),
			lastAt: isNewer ? lastAt : before.lastAt,
			message: isNewer ? event.message : before.message,
			messages,
			otherMessages: messages.size - 1,
		});
	}
	return [...folded.values()]
		.sort((one, other) => (other.lastAt ?? 0) - (one.lastAt ?? 0) || (one.reason < other.reason ? -1 : 1))
		.map(({messages: _, ...event}) => event);
}

/** Events of events.k8s.io count in their series, older ones in `count`. */
export function timesSeen({series, count}: Event): number {
	return Math.max(1, series?.count ?? count);
}

/** Source: k8s.io/kubernetes v1.37.2, pkg/printers/internalversion/printers.go, printEvent. */
export function lastSeen({series, lastTimestamp, eventTime, firstTimestamp, metadata}: Event): EpochMs | undefined {
	return series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp;
}

function firstSeen({firstTimestamp, eventTime, metadata}: Event): EpochMs | undefined {
	return firstTimestamp ?? eventTime ?? metadata.creationTimestamp;
}

function least(one: EpochMs | undefined, other: EpochMs | undefined): EpochMs | undefined {
	return one === undefined || (other !== undefined && other < one) ? other : one;
}
