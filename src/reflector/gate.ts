/** Lets so many pass at once; the others wait, the most urgent first. */
export type Gate = {
	/**
	 * Waits for a place.
	 *
	 * @param urgency Asked when a place becomes free: what is on the screen goes first. Larger is sooner.
	 * @returns Gives the place back; calling it twice does no harm. undefined when the signal came first.
	 */
	enter(urgency: () => number, signal: AbortSignal): Promise<(() => void) | undefined>;
	readonly inside: number;
};

/** An empty gate. */
export function createGate(places: number): Gate {
	const waiting = new Set<{readonly urgency: () => number; readonly admit: () => void}>();
	let inside = 0;

	function leaveOnce(): () => void {
		let isInside = true;
		return () => {
			if (!isInside) return;
			isInside = false;
			inside--;
			admitNext();
		};
	}

	function admitNext(): void {
		if (inside >= places) return;
		const [next] = [...waiting].sort((a, b) => b.urgency() - a.urgency());
		if (next === undefined) return;
		waiting.delete(next);
		next.admit();
	}

	return {
		enter(urgency, signal) {
			if (signal.aborted) return Promise.resolve(undefined);
			if (inside < places) {
				inside++;
				return Promise.resolve(leaveOnce());
			}
			return new Promise(resolve => {
				const waiter = {
					urgency,
					admit: () => {
						signal.removeEventListener('abort', giveUp);
						inside++;
						resolve(leaveOnce());
					},
				};
				const giveUp = (): void => {
					waiting.delete(waiter);
					resolve(undefined);
				};
				signal.addEventListener('abort', giveUp, {once: true});
				waiting.add(waiter);
			});
		},
		get inside() {
			return inside;
		},
	};
}
