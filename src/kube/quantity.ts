import {err, ok, type Result} from '../util/result.ts';
import type {Bytes, NanoCores} from '../util/units.ts';

/**
 * resource.Quantity: the numbers of Kubernetes with their suffixes, exactly, and as Go's int64 accessors give them.
 *
 * Source: k8s.io/apimachinery v0.37.2, pkg/api/resource: quantity.go (parseQuantityString, ParseQuantity,
 * CanonicalizeBytes, ScaledValue), suffix.go, amount.go, math.go, scale_int.go; gopkg.in/inf.v0 v0.9.1, dec.go.
 */

/** How a quantity was written, which is how it is printed again. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** Why a text is no quantity. */
export type QuantityError = {
	/** `format`: characters out of place; `suffix`: well formed but unknown (`1K`); `numeric`: no number, or one beyond reason. */
	readonly kind: 'format' | 'suffix' | 'numeric';
	/** One line for a person. */
	readonly message: string;
};

/** A number in the unit that was asked for. */
export type Amount = {
	/** The nearest double. */
	readonly amount: number;
	/** False where the double is not the whole truth: beyond 2^53, or no whole number of these units. */
	readonly isExact: boolean;
};

/** `nano`: billionths (CPU). `whole`: units (bytes, pods, devices). */
export type Unit = 'nano' | 'whole';

/** As the Go type holds it: an int64 with a scale, or (`isDecimal`) an inf.Dec. The value is unscaled × 10^scale, scale ≥ -9. */
type Parsed = {
	readonly unscaled: bigint;
	readonly scale: number;
	readonly isDecimal: boolean;
	readonly format: QuantityFormat;
	/** The literal text, where the Go parser takes it for canonical and keeps it. */
	readonly keptText: string | undefined;
};

const NANO_SCALE = -9;
const MAX_INT64 = 2n ** 63n - 1n;
/** Digits that the Go parser dares to hold in an int64 (math.go, maxInt64Factors). */
const MAX_INT64_DIGITS = 18;
/** Upstream has no such limits and allocates without bound. */
const MAX_EXPONENT = 100;
const MAX_TEXT_LENGTH = 4096;

const DECIMAL_EXPONENTS: ReadonlyMap<string, number> = new Map([
	['n', -9],
	['u', -6],
	['m', -3],
	['', 0],
	['k', 3],
	['M', 6],
	['G', 9],
	['T', 12],
	['P', 15],
	['E', 18],
]);
const BINARY_EXPONENTS: ReadonlyMap<string, number> = new Map([
	['Ki', 10],
	['Mi', 20],
	['Gi', 30],
	['Ti', 40],
	['Pi', 50],
	['Ei', 60],
]);
const DECIMAL_SUFFIXES: ReadonlyMap<number, string> = new Map([...DECIMAL_EXPONENTS].map(([suffix, exponent]) => [exponent, suffix]));
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const LARGEST_DECIMAL_EXPONENT = 18;

/** Sign, whole digits without leading zeros, fraction, suffix. Every part may be empty: that is Go's grammar. */
const SHAPE = /^([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[+-]?[0-9]*)$/;

/**
 * Reads a quantity.
 *
 * @param source `server` accepts all that Go accepts, even a suffix without a number (`Ki` is zero); `person` wants digits.
 * @returns An error for what Go rejects, and for exponents beyond ±100, which upstream would try to compute.
 */
export function parseQuantity(text: string, source: 'server' | 'person' = 'server'): Result<Quantity, QuantityError> {
	if (source === 'person' && !/[0-9]/.test(text.replace(/[eE][+-]?[0-9]+$/, ''))) return err({kind: 'format', message: `${quoted(text)} holds no number`});
	if (readOrdinary(text, 'whole') !== undefined) return ok(new Quantity(text, undefined));
	const parsed = parse(text);
	return parsed.ok ? ok(new Quantity(text, parsed.value)) : parsed;
}

/**
 * A quantity as a double: CPU in nano-cores, anything else in whole units.
 * Ordinary texts (`100m`, `128Mi`, `12345678n`) cost no BigInt and no object but the answer.
 *
 * @returns undefined where the text is no quantity.
 */
export function measure(text: string, unit: Unit): Amount | undefined {
	const ordinary = readOrdinary(text, unit);
	if (ordinary !== undefined) return {amount: ordinary, isExact: Number.isSafeInteger(ordinary)};
	const parsed = parse(text);
	if (!parsed.ok) return undefined;
	const nano = nanoOf(parsed.value);
	if (unit === 'nano') {
		const amount = Number(nano);
		return {amount, isExact: Number.isSafeInteger(amount)};
	}
	const amount = wholeNumberOf(nano);
	return {amount, isExact: Number.isSafeInteger(amount) && nano % NANO_PER_UNIT === 0n};
}

/** CPU text as nano-cores; undefined where it is no quantity. */
export function nanoCoresOf(text: string): NanoCores | undefined {
	return (readOrdinary(text, 'nano') ?? measure(text, 'nano')?.amount) as NanoCores | undefined;
}

/** Memory text as bytes; undefined where it is no quantity. `1500m` is 1.5 bytes: adapters write such things. */
export function bytesOf(text: string): Bytes | undefined {
	return (readOrdinary(text, 'whole') ?? measure(text, 'whole')?.amount) as Bytes | undefined;
}

/** An exact number with its remembered way of writing. Never changes. Made by {@link parseQuantity}. */
export class Quantity {
	/** As it was given. Never compare quantities by text. */
	readonly text: string;
	#parsed: Parsed | undefined;
	#nano: bigint | undefined;
	#canonical: string | undefined;

	/** @internal */
	constructor(text: string, parsed: Parsed | undefined) {
		this.text = text;
		this.#parsed = parsed;
	}

	get format(): QuantityFormat {
		return this.#go().format;
	}

	/** Exact billionths: the smallest unit there is. */
	get nano(): bigint {
		this.#nano ??= nanoOf(this.#go());
		return this.#nano;
	}

	/** Whole units, rounded away from zero; exact, whatever the size. */
	get value(): bigint {
		return divideAwayFromZero(this.nano, NANO_PER_UNIT);
	}

	/** Thousandths, rounded away from zero; exact, whatever the size. */
	get milliValue(): bigint {
		return divideAwayFromZero(this.nano, NANO_PER_MILLI);
	}

	/** Billionths or whole units as the nearest double; the latter may have a fraction. */
	toNumber(unit: Unit): number {
		return readOrdinary(this.text, unit) ?? (unit === 'nano' ? Number(this.nano) : wholeNumberOf(this.nano));
	}

	/** What Go's `Value()` answers, with its overflow and, for a negative inf.Dec, its wrong rounding. */
	goValue(): bigint {
		return goScaledValue(this.#go(), 0);
	}

	/** What Go's `MilliValue()` answers: `1E` is 0, `8Ei` is -1000. For analyzers that redo what a controller computed. */
	goMilliValue(): bigint {
		return goScaledValue(this.#go(), -3);
	}

	/** The one text that stands for this value in this format: no fraction, nothing lost, the largest suffix. */
	canonical(): string {
		this.#canonical ??= canonicalText(this.nano, this.format);
		return this.#canonical;
	}

	/** What Go's `String()` prints right after parsing: often, but not always, the canonical text. */
	toString(): string {
		return this.#go().keptText ?? this.canonical();
	}

	/** By value: negative, zero or positive as this is less than, equal to or greater than the other. */
	compare(other: Quantity): -1 | 0 | 1 {
		if (this.nano === other.nano) return 0;
		return this.nano < other.nano ? -1 : 1;
	}

	/** Ordinary texts are taken apart only when something exact is asked of them. */
	#go(): Parsed {
		if (this.#parsed === undefined) {
			const parsed = parse(this.text);
			if (!parsed.ok) throw new Error(`not a quantity after all: ${quoted(this.text)}`);
			this.#parsed = parsed.value;
		}
		return this.#parsed;
	}
}

const NANO_PER_UNIT = 10n ** 9n;
const NANO_PER_MILLI = 10n ** 6n;

/** Up to 15 digits are exact in a double, whatever they are. */
const MAX_ORDINARY_DIGITS = 15;

/**
 * The road for nearly every text there is: up to 15 digits and a suffix from nano to tebi.
 *
 * @returns The nearest double; undefined where the text is anything else, or where it would have to be rounded first.
 */
function readOrdinary(text: string, unit: Unit): number | undefined {
	const length = text.length;
	let mantissa = 0;
	let at = 0;
	for (; at < length; at++) {
		const digit = text.charCodeAt(at) - 48;
		if (digit < 0 || digit > 9) break;
		mantissa = mantissa * 10 + digit;
	}
	if (at === 0 || at > MAX_ORDINARY_DIGITS) return undefined;

	const nano = unit === 'nano';
	if (at === length) return nano ? mantissa * 1e9 : mantissa;
	const letter = text.charCodeAt(at);
	if (at === length - 1) {
		switch (letter) {
			case 0x6e: // n
				return nano ? mantissa : mantissa / 1e9;
			case 0x75: // u
				return nano ? mantissa * 1e3 : mantissa / 1e6;
			case 0x6d: // m
				return nano ? mantissa * 1e6 : mantissa / 1e3;
			case 0x6b: // k
				return nano ? mantissa * 1e12 : mantissa * 1e3;
			case 0x4d: // M
				return nano ? mantissa * 1e15 : mantissa * 1e6;
			case 0x47: // G
				return nano ? mantissa * 1e18 : mantissa * 1e9;
			default:
				return undefined;
		}
	}
	if (at !== length - 2 || text.charCodeAt(at + 1) !== 0x69) return undefined;
	const factor = letter === 0x4b ? 2 ** 10 : letter === 0x4d ? 2 ** 20 : letter === 0x47 ? 2 ** 30 : letter === 0x54 ? 2 ** 40 : 0;
	const value = mantissa * factor;
	// Beyond 2^63 the binary cap applies: the exact road knows it.
	if (factor === 0 || value >= 2 ** 63) return undefined;
	return nano ? value * 1e9 : value;
}

/** ParseQuantity, with its two forms, its idea of canonical text, and limits that it lacks. */
function parse(text: string): Result<Parsed, QuantityError> {
	if (text.length > MAX_TEXT_LENGTH) return err({kind: 'numeric', message: `a number of ${text.length} characters`});
	const shape = text === '' ? null : SHAPE.exec(text);
	if (shape === null) return err({kind: 'format', message: `${quoted(text)} is not a number with a suffix`});
	const [, sign = '', wholeDigits = '', fraction = '', suffix = ''] = shape;

	const scaled = readSuffix(suffix);
	if (scaled === undefined) return err({kind: 'suffix', message: `${quoted(suffix)} is not a suffix of quantities`});
	const {exponent, format} = scaled;
	if (format === 'DecimalExponent' && Math.abs(exponent) > MAX_EXPONENT) return err({kind: 'numeric', message: `an exponent beyond ±${MAX_EXPONENT}`});
	const isNegative = sign === '-';

	// "0" is returned before anything is looked at; a text of sign and zeros alone ends the scan early with the same result.
	const whole = wholeDigits === '' ? '0' : wholeDigits;
	const shifted = whole + fraction;
	const small = readAsInt64(whole, fraction, exponent, format);
	if (small !== undefined) {
		const isKept =
			text === '0' || (format === 'BinarySI' ? (small.mantissa & 7n) !== 0n : small.scale % 3 === 0 && !shifted.endsWith('000') && !shifted.startsWith('0'));
		return ok({
			unscaled: isNegative ? -small.unscaled : small.unscaled,
			scale: small.scale,
			isDecimal: false,
			format,
			keptText: isKept ? text : undefined,
		});
	}

	// inf.Dec wants at least one digit, where the scan above did not.
	if (!/[0-9]/.test(text.slice(0, text.length - suffix.length))) return err({kind: 'numeric', message: `${quoted(text)} holds no number`});
	const digits = BigInt(shifted);
	const binary = format === 'BinarySI';
	const scale = binary ? -fraction.length : exponent - fraction.length;
	const magnitude = binary ? digits << BigInt(exponent) : digits;
	const nano = scale >= NANO_SCALE ? magnitude * 10n ** BigInt(scale - NANO_SCALE) : divideAwayFromZero(magnitude, 10n ** BigInt(NANO_SCALE - scale));

	const isCapped = binary && nano > MAX_INT64 * NANO_PER_UNIT;
	const unscaled = isCapped ? MAX_INT64 : nano;
	return ok({
		unscaled: isNegative ? -unscaled : unscaled,
		scale: isCapped ? 0 : NANO_SCALE,
		isDecimal: true,
		format: binary && nano > 0n && nano < NANO_PER_UNIT ? 'DecimalSI' : format,
		keptText: undefined,
	});
}

/** The int64 form, for those that the Go parser holds in one. */
function readAsInt64(
	whole: string,
	fraction: string,
	exponent: number,
	format: QuantityFormat,
): {readonly unscaled: bigint; readonly mantissa: bigint; readonly scale: number} | undefined {
	if (format === 'BinarySI') {
		// Each binary step is taken for three decimal digits: `precision` in ParseQuantity.
		if (fraction !== '' || whole.length + (exponent / 10) * 3 > 14) return undefined;
		const mantissa = BigInt(whole);
		return {unscaled: mantissa << BigInt(exponent), mantissa, scale: 0};
	}
	const scale = exponent - fraction.length;
	if (whole.length + fraction.length > MAX_INT64_DIGITS || scale < NANO_SCALE) return undefined;
	const mantissa = BigInt(whole + fraction);
	return {unscaled: mantissa, mantissa, scale};
}

function readSuffix(suffix: string): {readonly exponent: number; readonly format: QuantityFormat} | undefined {
	const decimal = DECIMAL_EXPONENTS.get(suffix);
	if (decimal !== undefined) return {exponent: decimal, format: 'DecimalSI'};
	const binary = BINARY_EXPONENTS.get(suffix);
	if (binary !== undefined) return {exponent: binary, format: 'BinarySI'};
	if (!/^[eE][+-]?[0-9]+$/.test(suffix)) return undefined;
	const exponent = BigInt(suffix.startsWith('+', 1) ? suffix.slice(2) : suffix.slice(1));
	// strconv.ParseInt fails outside int64, and with it the suffix.
	if (exponent > MAX_INT64 || exponent < -MAX_INT64 - 1n) return undefined;
	return {exponent: Number(exponent), format: 'DecimalExponent'};
}

function nanoOf({unscaled, scale}: Parsed): bigint {
	return unscaled * 10n ** BigInt(scale - NANO_SCALE);
}

function wholeNumberOf(nano: bigint): number {
	return nano % NANO_PER_UNIT === 0n ? Number(nano / NANO_PER_UNIT) : Number(nano) / 1e9;
}

function divideAwayFromZero(dividend: bigint, divisor: bigint): bigint {
	const quotient = dividend / divisor;
	if (quotient * divisor === dividend) return quotient;
	return dividend < 0n ? quotient - 1n : quotient + 1n;
}

/** Quantity.ScaledValue, the int64 arithmetic of both forms included. */
function goScaledValue({unscaled, scale, isDecimal}: Parsed, wanted: number): bigint {
	if (!isDecimal) return scale < wanted ? divideAwayFromZero(unscaled, 10n ** BigInt(wanted - scale)) : goScaleUp(unscaled, scale - wanted);

	const down = wanted - scale;
	if (down <= 0) return int64(low64(unscaled) * 10n ** BigInt(-down));
	const divisor = 10n ** BigInt(down);
	if (unscaled < MAX_INT64 && down < 19) {
		// The remainder of a negative number is negative, and still one is added: upstream's bug, kept.
		const low = low64(unscaled);
		return low % divisor === 0n ? low / divisor : int64(low / divisor + 1n);
	}
	return unscaled % divisor === 0n ? low64(unscaled / divisor) : int64(low64(unscaled / divisor) + 1n);
}

/** positiveScaleInt64 with its result taken although it says that it overflowed: wrapped for the usual steps, else 0. */
function goScaleUp(value: bigint, steps: number): bigint {
	const exact = value * 10n ** BigInt(steps);
	if (int64(exact) === exact) return exact;
	return [1, 2, 3, 6, 9].includes(steps) ? int64(exact) : 0n;
}

/** big.Int.Int64: the low 64 bits of the magnitude, with the sign. */
function low64(value: bigint): bigint {
	return value < 0n ? int64(-int64(-value)) : int64(value);
}

function int64(value: bigint): bigint {
	return BigInt.asIntN(64, value);
}

/** CanonicalizeBytes. Beyond exa Go finds no suffix and prints none (`1000E` becomes `1`); here the mantissa grows instead. */
function canonicalText(nano: bigint, format: QuantityFormat): string {
	if (nano === 0n) return '0';
	if (format === 'BinarySI' && nano % NANO_PER_UNIT === 0n) {
		let value = nano / NANO_PER_UNIT;
		if (value <= -1024n || value >= 1024n) {
			let steps = 0;
			for (; value % 1024n === 0n; value /= 1024n) steps++;
			return `${value}${BINARY_SUFFIXES[steps]}`;
		}
	}
	let mantissa = nano;
	let exponent = NANO_SCALE;
	for (; mantissa % 1000n === 0n && (format === 'DecimalExponent' || exponent < LARGEST_DECIMAL_EXPONENT); mantissa /= 1000n) exponent += 3;
	if (format !== 'DecimalExponent') return `${mantissa}${DECIMAL_SUFFIXES.get(exponent)}`;
	return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
}

function quoted(text: string): string {
	return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
