import {parseQuantity} from '../../kube/quantity.ts';
import type {ControllerConfig} from './controller-config.ts';
import type {Hpa} from './hpa-input.ts';
import type {HpaRules} from './hpa-rules.ts';
import {MAX_INT64} from './int-arithmetic.ts';

/** Where a ratio may lie without anything moving: from 1 - down to 1 + up. */
export type Tolerances = {readonly up: number; readonly down: number};

/** The tolerances of one HPA, and where each came from. */
export type HpaTolerances = Tolerances & {readonly upFrom: ToleranceSource; readonly downFrom: ToleranceSource};
export type ToleranceSource = 'behavior' | 'flag';

/**
 * Is the ratio close enough to 1 to leave things as they are? NaN never is.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/replica_calculator.go, Tolerances.isWithin; before 1.33, GetResourceReplicas itself.
 */
export function isWithinTolerance(ratio: number, tolerances: Tolerances, test: HpaRules['toleranceTest']): boolean {
	switch (test) {
		case 'edges':
			return 1 - tolerances.down <= ratio && ratio <= 1 + tolerances.up;
		case 'distance':
			// There was one tolerance then; a ratio on either side is held against it.
			return Math.abs(1 - ratio) <= (ratio > 1 ? tolerances.up : tolerances.down);
	}
}

/**
 * A tolerance's quantity as the float64 that the controller computes with: mantissa times power of ten of the
 * canonical text, so that 59m is 0.059000000000000004.
 *
 * @returns undefined where the text is no quantity.
 * Source: k8s.io/apimachinery v0.37.2 pkg/api/resource/quantity.go, AsApproximateFloat64.
 */
export function toleranceOf(text: string): number | undefined {
	const quantity = parseQuantity(text);
	if (!quantity.ok) return undefined;
	const shape = /^(-?[0-9]+)([numkMGTPE]?)$/.exec(quantity.value.canonical());
	if (shape === null) return quantity.value.toNumber('nano') / 1e9;
	const exponent = {n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18}[shape[2] ?? ''] ?? 0;
	return Number(shape[1]) * Number(`1e${exponent}`);
}

/** The flag's tolerance in both directions, each replaced by the one of `behavior` where the release obeys it. */
export function tolerancesFor(hpa: Hpa, controller: ControllerConfig, rules: HpaRules): HpaTolerances {
	const {scaleUp, scaleDown} = (rules.behaviorTolerance ? hpa.spec.behavior : undefined) ?? {scaleUp: undefined, scaleDown: undefined};
	const up = scaleUp?.tolerance === undefined ? undefined : toleranceOf(scaleUp.tolerance);
	const down = scaleDown?.tolerance === undefined ? undefined : toleranceOf(scaleDown.tolerance);
	return {
		up: up ?? controller.tolerance.value,
		down: down ?? controller.tolerance.value,
		upFrom: up === undefined ? 'flag' : 'behavior',
		downFrom: down === undefined ? 'flag' : 'behavior',
	};
}

/** The metric's values that move nothing, in its own unit, and as the controller's arithmetic makes the edges. */
export type DeadBand = {
	/** Largest whole value (milli-units, or percent) that is still inside; undefined where nothing above ever moves. */
	readonly highestInside: bigint;
	/** Smallest whole value that is still inside. */
	readonly lowestInside: bigint;
};

/**
 * The exact edges of the dead band over whole values (percents of utilization, or milli-units), found with the same
 * float64 comparison that the controller makes: one more than `highestInside` moves up, one less than `lowestInside` down.
 */
export function deadBandOf(target: bigint, tolerances: Tolerances, test: HpaRules['toleranceTest']): DeadBand {
	const inside = (value: bigint): boolean => isWithinTolerance(Number(value) / Number(target), tolerances, test);
	let high = wholeNear(Number(target) * (1 + tolerances.up));
	let low = wholeNear(Number(target) * (1 - tolerances.down));
	// The comparison is between doubles: the true edge is within a few steps, as long as whole numbers are exact.
	if (high <= EXACT) {
		while (high > target && !inside(high)) high -= 1n;
		while (inside(high + 1n)) high += 1n;
	}
	if (low >= 0n && low <= EXACT) {
		while (low < target && !inside(low)) low += 1n;
		while (low > 0n && inside(low - 1n)) low -= 1n;
	}
	return {highestInside: high, lowestInside: low < 0n ? 0n : low};
}

const EXACT = 2n ** 52n;

function wholeNear(edge: number): bigint {
	if (Number.isNaN(edge)) return 0n;
	return edge >= Number(MAX_INT64) ? MAX_INT64 : edge <= 0 ? -1n : BigInt(Math.round(edge));
}
