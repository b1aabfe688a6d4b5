import {type EpochMs, epochMs} from '../../util/epoch-ms.ts';
import {durationChangesAt, humanDuration} from './age.ts';

/** The moment that texts are written for. It remembers when the first of them will say something else: then, and not before, they are written again. */
export class Moment {
	readonly now: EpochMs;
	#changesAt = Number.POSITIVE_INFINITY;

	constructor(now: EpochMs) {
		this.now = now;
	}

	/** As {@link humanDuration}: `95s`, `7h12m`. */
	since(moment: EpochMs): string {
		this.changesNoLaterThan(durationChangesAt(moment, this.now));
		return humanDuration(this.now - moment);
	}

	/** What was written holds until then at most. */
	changesNoLaterThan(moment: number): void {
		if (moment > this.now && moment < this.#changesAt) this.#changesAt = moment;
	}

	/** What was written elsewhere is shown with it. */
	changesWith({changesAt}: Moment): void {
		if (changesAt !== undefined) this.changesNoLaterThan(changesAt);
	}

	/** Would everything be written the same then? */
	holdsAt(moment: EpochMs): boolean {
		return moment >= this.now && moment < this.#changesAt;
	}

	/** undefined: nothing that was written depends on the moment. */
	get changesAt(): EpochMs | undefined {
		return this.#changesAt === Number.POSITIVE_INFINITY ? undefined : epochMs(this.#changesAt);
	}
}
