import type {Resource} from '../kube/schema.ts';
import type {Freshness} from '../observe/observation.ts';
import type {StoreEvent} from '../store/store.ts';
import type {Cancel} from '../util/clock.ts';
import type {EpochMs} from '../util/epoch-ms.ts';
import type {ReflectorContext} from './reflector-context.ts';

/** A lost connection that comes back within this is not worth a word on the screen. */
const GRACE_MS = 5000;

/** What a reflector says, in observations, and how old it admits its objects to be. */
export type Report = {
	tell(event: StoreEvent): void;
	fault(code: string, message: string, hint: string): void;
	say(freshness: Freshness): void;
	/** What is shown is current. */
	live(): void;
	/** What is shown is no longer kept current. A short interruption of something live is not mentioned. */
	lost(why: string, nextTryAt: EpochMs | undefined): void;
	/** The old contents are shown while new ones are fetched. */
	resyncing(received: number): void;
	/** Speaks again after {@link leave}. */
	begin(): void;
	/** Nobody follows any longer: says so, unless another one follows at once, and is silent from now on. */
	leave(isReplaced: boolean): void;
};

/** One for each reflector. */
export function createReport({clock, observe}: Pick<ReflectorContext, 'clock' | 'observe'>, {id}: Pick<Resource, 'id'>, namespace: string | undefined): Report {
	let said: Freshness | undefined;
	/** Stopped: whatever still ends has nothing to say. */
	let isMuted = false;
	/** Since when what we show is old; undefined: it is not. */
	let lostSince: {readonly at: EpochMs; readonly monotonic: number} | undefined;
	let cancelGrace: Cancel | undefined;

	function say(freshness: Freshness): void {
		endGrace();
		if (isMuted) return;
		said = freshness;
		observe({kind: 'freshness', resource: id, namespace, freshness});
	}

	function endGrace(): void {
		cancelGrace?.();
		cancelGrace = undefined;
	}

	function noteLoss(): {readonly at: EpochMs; readonly monotonic: number} {
		lostSince ??= {at: clock.now(), monotonic: clock.monotonic()};
		return lostSince;
	}

	return {
		say,
		tell(event) {
			if (!isMuted) observe({kind: 'object', resource: id, namespace, event});
		},
		fault: (code, message, hint) => observe({kind: 'fault', fault: {source: id, code, message, hint}}),
		live() {
			lostSince = undefined;
			endGrace();
			if (said?.kind !== 'live') say({kind: 'live'});
		},
		lost(why, nextTryAt) {
			const {at, monotonic} = noteLoss();
			const stale: Freshness = {kind: 'stale', since: at, why, nextTryAt};
			const grace = said?.kind === 'live' ? GRACE_MS - (clock.monotonic() - monotonic) : 0;
			endGrace();
			if (grace <= 0) say(stale);
			else cancelGrace = clock.after(grace, () => say(stale));
		},
		resyncing: received => say({kind: 'resyncing', since: noteLoss().at, received}),
		begin() {
			isMuted = false;
		},
		leave(isReplaced) {
			endGrace();
			const isWorthAWord = !isReplaced && said !== undefined && said.kind !== 'forbidden' && said.kind !== 'absent';
			if (isWorthAWord) say({kind: 'stale', since: lostSince?.at ?? clock.now(), why: 'no longer followed', nextTryAt: undefined});
			isMuted = true;
		},
	};
}
