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

/**
 * One container's use of a resource in milli-units, rounded up as the controller does before it adds containers.
 *
 * @returns undefined where the sample does not say, also for resources that the metrics API does not know.
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/metrics/client.go, getPodMetrics and getContainerMetrics.
 */
export function milliOfUsage(usage: ContainerUsage, resource: string): Milli | undefined {
	if (resource === 'cpu') {
		if (usage.cpuText !== undefined) return valueIn(milliOf(usage.cpuText));
		return usage.cpu === undefined ? undefined : milliOfNano(usage.cpu);
	}
	if (resource === 'memory') {
		if (usage.memoryText !== undefined) return valueIn(milliOf(usage.memoryText));
		return usage.memory === undefined ? undefined : milliOfWhole(usage.memory);
	}
	return undefined;
}

function valueIn(result: Result<Milli, string>): Milli | undefined {
	return result.ok ? result.value : undefined;
}

function milliOfWhole(amount: number): Milli {
	if (!Number.isFinite(amount)) return 0n;
	return Number.isInteger(amount) ? BigInt.asIntN(64, BigInt(amount) * 1000n) : BigInt(Math.ceil(amount * 1000));
}

function milliOfNano(nano: number): Milli {
	if (!Number.isFinite(nano)) return 0n;
	const rest = nano % NANO_PER_MILLI;
	return BigInt(Math.round((nano - rest) / NANO_PER_MILLI)) + BigInt(Math.sign(rest));
}
