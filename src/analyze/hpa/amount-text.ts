import type {Milli} from './milli.ts';

/** How a metric's numbers are read: cpu in cores, memory in bytes, anything else as it is. */
export type MetricUnit = 'cpu' | 'bytes' | 'count' | 'percent';

export function unitOfResource(resource: string): MetricUnit {
	if (resource === 'cpu') return 'cpu';
	return resource === 'memory' || resource === 'ephemeral-storage' || resource.startsWith('hugepages-') ? 'bytes' : 'count';
}

const BINARY = [
	['Ti', 2n ** 40n],
	['Gi', 2n ** 30n],
	['Mi', 2n ** 20n],
	['Ki', 2n ** 10n],
] as const;

/**
 * A number in the metric's own unit, in full: `561m`, `1.5`, `400Mi`, `60%`. Bytes that are no round multiple of a
 * binary unit have up to three decimals.
 *
 * @param amount Milli-units; whole percents for `percent`.
 */
export function amountText(amount: Milli, unit: MetricUnit): string {
	switch (unit) {
		case 'percent':
			return `${amount}%`;
		case 'cpu':
		case 'count':
			return amount % 1000n === 0n ? String(amount / 1000n) : amount > -1000n && amount < 1000n ? `${amount}m` : decimal(amount, 1000n, 3);
		case 'bytes': {
			const bytes = amount / 1000n;
			if (amount % 1000n !== 0n && bytes < 1024n) return decimal(amount, 1000n, 3);
			const size = bytes < 0n ? -bytes : bytes;
			for (const [suffix, factor] of BINARY) if (size >= factor) return `${decimal(bytes, factor, 3)}${suffix}`;
			return String(bytes);
		}
	}
}

/** A quotient with up to so many decimals, cut off, without trailing zeros. */
function decimal(dividend: bigint, divisor: bigint, places: number): string {
	const sign = dividend < 0n ? '-' : '';
	const magnitude = dividend < 0n ? -dividend : dividend;
	const scaled = (magnitude * 10n ** BigInt(places)) / divisor;
	const whole = scaled / 10n ** BigInt(places);
	const fraction = (scaled % 10n ** BigInt(places)).toString().padStart(places, '0').replace(/0+$/, '');
	return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

/** `45s`, `1m50s`, `5m`, `1h02m`: whole seconds, never negative. */
export function durationText(milliseconds: number): string {
	const seconds = Math.max(0, Math.round(milliseconds / 1000));
	if (seconds < 60) return `${seconds}s`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${String(seconds % 60).padStart(2, '0')}s`;
	const hours = Math.floor(minutes / 60);
	return minutes % 60 === 0 ? `${hours}h` : `${hours}h${String(minutes % 60).padStart(2, '0')}m`;
}

/** A double in full, as JSON has it; infinities and NaN by name. */
export function ratioText(ratio: number): string {
	return Number.isFinite(ratio) ? String(ratio) : Number.isNaN(ratio) ? 'NaN' : ratio > 0 ? '∞' : '−∞';
}
