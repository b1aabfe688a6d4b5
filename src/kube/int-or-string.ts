import {err, ok, type Result} from '../util/result.ts';

/** intstr.IntOrString: a whole number, or a text that ought to be a percentage. */
export type IntOrString = number | string;

/**
 * Scales an int-or-percent against a total.
 *
 * @param total Whole number that a percentage is taken of.
 * @param rounding `up`: 50% of 3 is 2; `down`: it is 1. A plain number stays as it is.
 * @returns A text that is no percentage is an error, whose value is upstream's reason; `"3"` is such a text.
 * Source: k8s.io/apimachinery v0.37.2, pkg/util/intstr/intstr.go, GetScaledValueFromIntOrPercent.
 */
export function scaledValue(value: IntOrString, total: number, rounding: 'up' | 'down'): Result<number, string> {
	if (typeof value === 'number') return ok(value);
	if (!value.endsWith('%')) return err('invalid value for IntOrString: invalid type: string is not a percentage');
	const digits = value.slice(0, -1);
	const percent = Number(digits);
	if (!/^[+-]?[0-9]+$/.test(digits) || !Number.isSafeInteger(percent)) return err(`invalid value for IntOrString: invalid value ${JSON.stringify(value)}`);
	const share = (percent * total) / 100;
	// + 0 turns the -0 of rounded negative shares into 0.
	return ok((rounding === 'up' ? Math.ceil(share) : Math.floor(share)) + 0);
}
