/** So long before a pass it is asked what the pass asks: who takes his time takes it with the controller too. */
const LEAD_MS = 150;
/** Two questions lie at least this share of a period apart, so that each pass has one of its own. */
const SOON = 0.25;
/** A pass that does not come when it was expected is not waited for longer than this share of a period. */
const LATE = 1.25;

/**
 * When to ask what the HPA controller asks in its next pass: once a period, right before that pass, so that what kwb says
 * of it is of the same values.
 *
 * @param sinceMs Since it was asked last; infinite when it never was.
 * @param nextPassInMs undefined: nobody knows.
 * @returns ms to wait; 0 or less: now.
 */
export function waitBeforePass(sinceMs: number, nextPassInMs: number | undefined, periodMs: number): number {
	if (nextPassInMs === undefined) return periodMs - sinceMs;
	return Math.max(periodMs * SOON - sinceMs, Math.min(nextPassInMs - LEAD_MS, periodMs * LATE - sinceMs));
}
