import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {bytesOf, measure, nanoCoresOf, parseQuantity, type Quantity} from '../../src/kube/quantity.ts';
import {failuresOf, quantityCases} from '../../scripts/vectors/quantity.ts';

function quantity(text: string): Quantity {
	const parsed = parseQuantity(text);
	if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
	return parsed.value;
}

describe('reference vectors', () => {
	const cases = quantityCases(JSON.parse(readFileSync('test/vectors/quantity-vectors.json', 'utf8')));
	test('there are forty', () => expect(cases).toHaveLength(40));
	test.each(cases)('$in: $note', vector => expect(failuresOf(vector)).toEqual([]));
});

describe('what resource.ParseQuantity answers (scripts/quantity-cases, 20 000 random texts)', () => {
	const lines = gunzipSync(readFileSync('test/vectors/quantity-random.txt.gz')).toString().trimEnd().split('\n');

	test('the file is whole', () => expect(lines).toHaveLength(20_000));

	test('every text gives the same', () => {
		const wrong: string[] = [];
		for (const line of lines) {
			const [text = '', error, format, canonical, after, nano, goValue, goMilliValue] = line.split('\t');
			const parsed = parseQuantity(text);
			const expected = error === '' ? {format, canonical, string: after === '' ? canonical : after, nano, goValue, goMilliValue} : {error};
			const found = parsed.ok
				? {
						format: parsed.value.format,
						canonical: beyondExa(parsed.value) ? canonical : parsed.value.canonical(),
						string: beyondExa(parsed.value) ? expected.string : parsed.value.toString(),
						nano: String(parsed.value.nano),
						goValue: String(parsed.value.goValue()),
						goMilliValue: String(parsed.value.goMilliValue()),
					}
				: {error: parsed.error.kind};
			if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push(`${text}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
		}
		expect(wrong).toEqual([]);
	});

	test('the short road and the exact one agree wherever both can answer', () => {
		for (const line of lines) {
			const [text = '', error] = line.split('\t');
			const nano = measure(text, 'nano');
			expect(nano === undefined, text).toBe(error !== '');
			if (nano === undefined) continue;
			const exact = quantity(text);
			expect(nano.amount, text).toBe(Number(exact.nano));
			const whole = Number(exact.nano) / 1e9;
			expect(Math.abs(measure(text, 'whole')!.amount - whole), text).toBeLessThanOrEqual(Math.abs(whole) * 1e-15);
			if (nano.isExact) expect(BigInt(nano.amount), text).toBe(exact.nano);
		}
	});
});

/** Go finds no suffix for these and prints the mantissa alone: a number 1000 times smaller. Not followed. */
function beyondExa({format, nano}: Quantity): boolean {
	return format !== 'DecimalExponent' && nano !== 0n && nano % 10n ** 30n === 0n;
}

describe('doubles', () => {
	test.each([
		['100m', 'nano', 1e8, true],
		['128Mi', 'whole', 134_217_728, true],
		['12345678n', 'nano', 12_345_678, true],
		['250u', 'nano', 250_000, true],
		['2', 'nano', 2e9, true],
		['1k', 'nano', 1e12, true],
		['0.5', 'nano', 5e8, true],
		['-100m', 'nano', -1e8, true],
		['0.1n', 'nano', 1, true],
		['1500m', 'whole', 1.5, false],
		['0.1Ki', 'whole', 102.4, false],
		['9007199254740993', 'whole', 9_007_199_254_740_992, false],
		['1E', 'nano', 1e27, false],
		['8Ei', 'whole', 2 ** 63, false],
		['8192Ti', 'whole', 2 ** 53, false],
		['4096Ti', 'whole', 2 ** 52, true],
	] as const)('%s in %s units is %d, exact: %s', (text, unit, amount, isExact) => {
		expect(measure(text, unit)).toEqual({amount, isExact});
		expect(quantity(text).toNumber(unit)).toBe(amount);
	});

	test('what is no quantity is undefined, never 0', () => {
		for (const text of ['', 'abc', '1K', '1 Mi', '1e3Ki', '--1', '1e101'])
			expect([measure(text, 'nano'), nanoCoresOf(text), bytesOf(text)], text).toEqual([undefined, undefined, undefined]);
	});
});

describe('limits upstream does not have', () => {
	test.each(['1e101', '1E-101', '1e2147483648', '1e999999999999', `1${'0'.repeat(5000)}`])('%s is refused, quickly', text =>
		expect(parseQuantity(text)).toMatchObject({ok: false, error: {kind: 'numeric'}}),
	);
	test.each(['1e100', '1e-100'])('%s is not', text => expect(parseQuantity(text).ok).toBe(true));
});

describe('what a person types', () => {
	test.each(['.', '+', '-', 'Ki', 'm', 'e3', '.E5'])('%j needs digits', text => expect(parseQuantity(text, 'person')).toMatchObject({ok: false}));
	test.each(['.', '+', '-', 'Ki', 'm'])('%j is zero when a server says it', text => expect(parseQuantity(text)).toMatchObject({ok: true}));
	test.each(['1', '.5', '1.', '100m', '1e3', '-2Gi'])('%j has them', text => expect(parseQuantity(text, 'person').ok).toBe(true));
});

describe('laws', () => {
	const texts = fc
		.tuple(
			fc.bigInt(0n, 2n ** 66n),
			fc.nat(20),
			fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'P', 'E', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-5', 'e12'),
			fc.boolean(),
		)
		.map(([digits, point, suffix, isNegative]) => {
			const text = String(digits);
			const cut = Math.max(0, text.length - point);
			return `${isNegative ? '-' : ''}${text.slice(0, cut)}${point === 0 ? '' : `.${text.slice(cut)}`}${suffix}`;
		});

	test('canonical text means the same number, and is its own canonical text', () => {
		fc.assert(
			fc.property(texts, text => {
				const first = quantity(text);
				const again = quantity(first.canonical());
				expect(again.nano).toBe(first.nano);
				expect(again.canonical()).toBe(first.canonical());
			}),
		);
	});

	test('order is that of the numbers', () => {
		fc.assert(
			fc.property(texts, texts, (left, right) => {
				const [a, b] = [quantity(left), quantity(right)];
				expect(a.compare(b)).toBe(-b.compare(a) + 0);
				expect(Math.sign(Number(a.nano - b.nano))).toBe(a.compare(b));
			}),
		);
	});

	test('rounding goes away from zero and never by a whole step', () => {
		fc.assert(
			fc.property(texts, text => {
				const {nano, milliValue, value} = quantity(text);
				for (const [rounded, step] of [
					[milliValue, 1_000_000n],
					[value, 1_000_000_000n],
				] as const) {
					const difference = nano < 0n ? nano - rounded * step : rounded * step - nano;
					expect(difference >= 0n && difference < step).toBe(true);
				}
			}),
		);
	});
});
