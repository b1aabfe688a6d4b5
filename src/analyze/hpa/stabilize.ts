/** A remembered raw number and how long ago it was remembered. */
export type Recommendation = {readonly value: number; readonly ageMs: number};

/** Why the window's number is in force, as the condition AbleToScale says it. */
export type StabilizationReason = 'ReadyForNewScale' | 'ScaleDownStabilized' | 'ScaleUpStabilized';

/**
 * Without `behavior`: the highest recommendation of the window, whatever the current count. An age of exactly the
 * window still counts.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, stabilizeRecommendation.
 */
export function stabilizeLegacy(
	desired: number,
	windowMs: number,
	recommendations: readonly Recommendation[],
): {readonly stabilized: number; readonly reason: StabilizationReason; readonly holding: Recommendation | undefined} {
	let stabilized = desired;
	let holding: Recommendation | undefined;
	for (const each of recommendations) {
		if (each.ageMs > windowMs || each.value <= stabilized) continue;
		stabilized = each.value;
		holding = each;
	}
	return {stabilized, reason: stabilized === desired ? 'ReadyForNewScale' : 'ScaleDownStabilized', holding};
}

/**
 * With `behavior`: the two windows span a range in which the current count may rest; it is moved to the nearer end.
 * An age of exactly the window no longer counts.
 *
 * The recommendations are given once per window, because a memory known from outside is uncertain in a different
 * direction for each; for a known one both lists are the same.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, stabilizeRecommendationWithBehaviors.
 */
export function stabilizeWithBehavior(input: {
	readonly current: number;
	readonly desired: number;
	readonly upWindowMs: number;
	readonly downWindowMs: number;
	readonly forUp: readonly Recommendation[];
	readonly forDown: readonly Recommendation[];
}): {readonly stabilized: number; readonly reason: StabilizationReason; readonly lowest: number; readonly highest: number} {
	const {current, desired, upWindowMs, downWindowMs, forUp, forDown} = input;
	let lowest = desired;
	for (const each of forUp) if (each.ageMs < upWindowMs) lowest = Math.min(lowest, each.value);
	let highest = desired;
	for (const each of forDown) if (each.ageMs < downWindowMs) highest = Math.max(highest, each.value);

	let stabilized = current;
	if (stabilized < lowest) stabilized = lowest;
	if (stabilized > highest) stabilized = highest;
	return {stabilized, reason: stabilized === desired ? 'ReadyForNewScale' : desired >= current ? 'ScaleUpStabilized' : 'ScaleDownStabilized', lowest, highest};
}

/**
 * The list after a pass: the new number goes over the last entry that is out of every window, or to the end.
 *
 * @param isExpired By age: beyond the window without `behavior`, beyond both with it.
 */
export function remember(recommendations: readonly Recommendation[], desired: number, isExpired: (ageMs: number) => boolean): readonly Recommendation[] {
	const entry = {value: desired, ageMs: 0};
	const slot = recommendations.findLastIndex(each => isExpired(each.ageMs));
	return slot === -1 ? [...recommendations, entry] : recommendations.with(slot, entry);
}
