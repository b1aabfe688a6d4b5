const NANO_PER_MILLI = 1e6;
const NANO_PER_CORE = 1e9;
const MEBIBYTE = 2 ** 20;
const UNKNOWN_TEXT = '–';

/**
 * CPU with up to three significant digits: `0`, `0.25m`, `12.3m`, `850m`, `1.5`, `12.3` (cores).
 *
 * @param nanoCores undefined or NaN: nobody knows, `–`. Never 0 for unknown.
 */
export function cpuText(nanoCores: number | undefined): string {
	if (nanoCores === undefined || !Number.isFinite(nanoCores)) return UNKNOWN_TEXT;
	if (nanoCores === 0) return '0';
	const magnitude = Math.abs(nanoCores);
	const sign = nanoCores < 0 ? '-' : '';
	// 999.5m would be rounded to 1000m: that is 1.
	if (magnitude < 999.5 * NANO_PER_MILLI) {
		const milli = magnitude / NANO_PER_MILLI;
		return milli < 0.01 ? `${sign}<0.01m` : `${sign}${threeDigits(milli)}m`;
	}
	return `${sign}${threeDigits(magnitude / NANO_PER_CORE)}`;
}

/**
 * Memory with up to three significant digits (four just below the next unit): `0`, `0.88Mi`, `12.3Mi`, `1023Mi`, `1.5Gi`.
 *
 * @param bytes undefined or NaN: nobody knows, `–`.
 */
export function memoryText(bytes: number | undefined): string {
	if (bytes === undefined || !Number.isFinite(bytes)) return UNKNOWN_TEXT;
	if (bytes === 0) return '0';
	const sign = bytes < 0 ? '-' : '';
	let value = Math.abs(bytes) / MEBIBYTE;
	if (value < 0.01) return `${sign}<0.01Mi`;
	let unit = 0;
	// 1023.5Mi would be rounded to 1024Mi: that is 1Gi.
	for (; value >= 1023.5 && unit < MEMORY_UNITS.length - 1; unit++) value /= 1024;
	return `${sign}${threeDigits(value)}${MEMORY_UNITS[unit]}`;
}

const MEMORY_UNITS = ['Mi', 'Gi', 'Ti', 'Pi'] as const;

/** Three significant digits and no exponent; whole numbers keep all of theirs. */
function threeDigits(value: number): string {
	const decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
	return String(Number(value.toFixed(decimals)));
}

/**
 * A share in whole percent, cut and not rounded, so that 99.9% is not yet 100%; never clamped.
 *
 * @returns `<1%` for little that is not nothing, `–` where one of both is not known or the base is 0.
 */
export function percentText(part: number | undefined, base: number | undefined): string {
	if (part === undefined || base === undefined || base === 0 || !Number.isFinite(part) || !Number.isFinite(base)) return UNKNOWN_TEXT;
	const percent = (part / base) * 100;
	if (percent > 0 && percent < 1) return '<1%';
	if (percent < 0 && percent > -1) return '>-1%';
	return `${Math.trunc(percent) + 0}%`;
}

/** The share itself, for sorting and tones; undefined where {@link percentText} says `–`. */
export function shareOf(part: number | undefined, base: number | undefined): number | undefined {
	if (part === undefined || base === undefined || base === 0 || !Number.isFinite(part) || !Number.isFinite(base)) return undefined;
	return part / base;
}
