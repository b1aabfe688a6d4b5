import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {pods} from '../../src/kube/resources/pods.ts';
import type {Pod} from '../../src/kube/resources/pods.ts';
import {Interner} from '../../src/wire/interner.ts';
import {Wire} from '../../src/wire/wire.ts';
import {answerIn, watch} from './fixtures.ts';

const bytesOf = (text: string) => Buffer.from(text);

describe('an interner', () => {
	test('agrees with a map keyed by use and text, as far as it remembers', () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(fc.nat(2), fc.string({maxLength: 9})), {maxLength: 300}), entries => {
				const interner = new Interner();
				const model = new Map<string, object>();
				for (const [use, text] of entries) {
					const bytes = bytesOf(`--${text}--`);
					const key = `${use} ${text}`;
					const found = interner.find(use, bytes, 2, bytes.length - 2);
					expect(found).toBe(model.get(key));
					if (found !== undefined) continue;
					model.set(key, {text});
					interner.add(use, bytes, 2, bytes.length - 2, model.get(key));
				}
			}),
		);
	});

	test('outgrows its first size without forgetting', () => {
		const interner = new Interner();
		for (let n = 0; n < 20_000; n++) interner.add(0, bytesOf(`word-${n}`), 0, `word-${n}`.length, n);
		const remembered = Array.from({length: 20_000}, (_, n) => interner.find(0, bytesOf(`word-${n}`), 0, `word-${n}`.length)).filter((value, n) => value === n);
		expect(remembered.length).toBeGreaterThan(19_900); // a crowded neighbourhood may turn one away
	});

	test.each([
		['entries', {maxEntries: 100, maxBytes: 1_000_000}],
		['bytes', {maxEntries: 1_000_000, maxBytes: 1000}],
	])('starts anew when it has too many %s', (_, limits) => {
		const interner = new Interner(limits);
		for (let n = 0; n < 10_000; n++) {
			interner.add(0, bytesOf(`word-${n}`), 0, `word-${n}`.length, n);
			expect(interner.size).toBeLessThanOrEqual(250);
			expect(interner.find(0, bytesOf(`word-${n}`), 0, `word-${n}`.length)).toBe(n);
		}
	});

	test('does not keep what is too long to come twice', () => {
		const interner = new Interner();
		interner.add(0, Buffer.alloc(100_000), 0, 100_000, 'long');
		expect(interner.size).toBe(0);
	});
});

test('what repeats from pod to pod is one object', () => {
	const wire = new Wire();
	const [first, second] = [1, 2].map(() => watch('protobuf', pods, [answerIn('protobuf', 'pods.watch')], wire).events[0] as unknown as {object: Pod});
	expect(first!.object).not.toBe(second!.object);
	expect(first!.object.metadata.labels).toBe(second!.object.metadata.labels);
	expect(first!.object.metadata.ownerReferences).toBe(second!.object.metadata.ownerReferences);
	expect(first!.object.spec.containers[0]!.resources).toBe(second!.object.spec.containers[0]!.resources);
});
