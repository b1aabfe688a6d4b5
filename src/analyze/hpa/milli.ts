import {measure, parseQuantity} from '../../kube/quantity.ts';
import {err, ok, type Result} from '../../util/result.ts';
import type {ContainerUsage} from './hpa-input.ts';

/**
 * Thousandths of a unit as the controller holds them: int64, rounded away from zero for
 * every value before anything is added up.
 */
export type Milli = bigint;

const NANO_PER_MILLI = 1e6;

/**
 * What Go's `MilliValue()` makes of a quantity's text, with its overflow.
 *
 * @returns An error naming the text where it is no quantity.
 */
export function milliOf(text: string): Result<Milli, string> {
	const whole = measure(text, 'whole');
	if (whole === undefined) {
		const parsed = parseQuantity(text);
		return err(parsed.ok ? `${JSON.stringify(text)} is not a quantity` : parsed.error.message);
	}
	if (whole.isExact && whole.amount >= 0) return ok(milliOfWhole(whole.amount));
	const nano = measure(text, 'nano');
	if (nano?.isExact === true && nano.amount >= 0) return ok(milliOfNano(nano.amount));
	const parsed = parseQuantity(text);
	return parsed.ok ? ok(parsed.value.goMilliValue()) : err(parsed.error.message);
}

/** Sums of doubles stay exact below this, and are made BigInt once, at the end. */
const SAFE = 2 ** 52;

/**
 * The use of a resource by several containers together, each rounded up to milli before they are added, as the
 * controller does.
 *
 * @returns undefined where one of them does not say, also for resources that the metrics API does not know.
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/metrics/client.go, getPodMetrics and getContainerMetrics.
 */
export function milliOfUsage(containers: readonly ContainerUsage[], resource: string): Milli | undefined {
	if (containers.length === 0 || (resource !== 'cpu' && resource !== 'memory')) return undefined;
	const isCpu = resource === 'cpu';
	let small = 0;
	let large = 0n;
	for (const each of containers) {
		const text = isCpu ? each.cpuText : each.memoryText;
		const amount = isCpu ? each.cpu : each.memory;
		if (text !== undefined) {
			const milli = milliOf(text);
			if (!milli.ok) return undefined;
			large += milli.value;
		} else if (amount === undefined || !Number.isFinite(amount)) {
			return undefined;
		} else {
			const milli = isCpu ? awayFromZero(amount / NANO_PER_MILLI, amount % NANO_PER_MILLI) : awayFromZero(amount * 1000, (amount * 1000) % 1);
			if (Math.abs(milli) < SAFE && Math.abs(small + milli) < SAFE) small += milli;
			else large += isCpu ? BigInt(milli) : milliOfWhole(amount);
		}
	}
	return BigInt.asIntN(64, large + BigInt(small));
}

/** The whole number above (below, for a negative one), told by the rest, which is exact where the quotient is not. */
function awayFromZero(quotient: number, rest: number): number {
	if (rest === 0) return Math.round(quotient);
	return rest > 0 ? Math.floor(quotient) + 1 : Math.ceil(quotient) - 1;
}

function milliOfWhole(amount: number): Milli {
	return Number.isInteger(amount) ? BigInt.asIntN(64, BigInt(amount) * 1000n) : BigInt(Math.ceil(amount * 1000));
}

function milliOfNano(nano: number): Milli {
	return BigInt(awayFromZero(nano / NANO_PER_MILLI, nano % NANO_PER_MILLI));
}
