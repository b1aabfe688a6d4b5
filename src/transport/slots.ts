/** A number of places; who finds none free waits for its turn. */
export type Slots = {
	/**
	 * Takes a place.
	 *
	 * @returns Gives it back; calling that twice does no harm. undefined: the signal, or the end, came first.
	 */
	take(signal: AbortSignal): Promise<(() => void) | undefined>;
	/** Nobody gets a place any more. */
	close(): void;
};

/** Makes so many places. */
export function createSlots(most: number): Slots {
	let free = most;
	let isClosed = false;
	const waiting = new Set<(isMine: boolean) => void>();

	function giveBack(): void {
		const [next] = waiting;
		if (next === undefined) free += 1;
		else next(true);
	}

	/** A place that is mine now, to be given back once. */
	function placeOf(): () => void {
		let isTaken = true;
		return () => {
			if (isTaken) giveBack();
			isTaken = false;
		};
	}

	return {
		async take(signal) {
			if (signal.aborted || isClosed) return undefined;
			if (free > 0) {
				free -= 1;
				return placeOf();
			}
			const isMine = await new Promise<boolean>(resolve => {
				const onAbort = () => settle(false);
				const settle = (mine: boolean) => {
					waiting.delete(settle);
					signal.removeEventListener('abort', onAbort);
					resolve(mine);
				};
				waiting.add(settle);
				signal.addEventListener('abort', onAbort);
			});
			return isMine ? placeOf() : undefined;
		},
		close() {
			isClosed = true;
			for (const settle of [...waiting]) settle(false);
		},
	};
}
