import type {Field, Fields, ObjectOf} from '../kube/schema.ts';
import {emptyOf} from './empty.ts';
import type {MapValue, ProtoReader} from './proto-reader.ts';
import {LAST_USE, QUANTITY_MAP, WORD_MAP} from './proto-reader.ts';

/** Decodes the message that ends at `end`; the reader stands at its beginning. Whether it failed, the reader knows. */
export type MessageDecoder<T> = (reader: ProtoReader, end: number) => T;

/**
 * Turns tables of fields into decoders. Each message becomes one function of generated
 * source: a switch over the tags as they stand in the bytes, then one object literal with all
 * properties in the order of the table, so that all objects of a table have one hidden class.
 * A nested message is compiled when it is first seen. Names in the source are JSON strings; nothing that comes from a server gets into it.
 */
export class ProtobufCompiler {
	readonly #decoders = new Map<Fields, MessageDecoder<unknown>>();
	readonly #uses = new Map<Fields, number>();

	compile<F extends Fields>(fields: F): MessageDecoder<ObjectOf<F>> {
		return this.#decoderOf(fields) as MessageDecoder<ObjectOf<F>>;
	}

	#decoderOf(fields: Fields): MessageDecoder<unknown> {
		const known = this.#decoders.get(fields);
		if (known !== undefined) return known;
		const decoder = this.#generate(fields);
		this.#decoders.set(fields, decoder);
		return decoder;
	}

	#generate(fields: Fields): MessageDecoder<unknown> {
		const names = Object.keys(fields);
		const empty = emptyOf(fields);
		const defaults = names.map(name => empty[name]);
		const nested = (index: number) => this.#decoderOf(fields[names[index]!]!.fields!);
		const keeps = names.map(name => (fields[name]!.keep === undefined ? undefined : new Set(fields[name]!.keep)));
		const cases = names.map((name, index) => {
			const field = fields[name]!;
			const tag = field.number * 8 + wireTypeOf(field);
			return `case ${tag}: ${this.#statementFor(field, tag, index)} break;`;
		});
		const known = names.map(name => `case ${fields[name]!.number}:`).join(' ');
		const results = names.map(
			(name, index) => `${JSON.stringify(name)}: ${isGrown(fields[name]!) ? `v${index} === d${index} ? d${index} : v${index}.slice()` : `v${index}`}`,
		);
		const source = `
			${names.map((_, index) => `const d${index} = defaults[${index}], k${index} = keeps[${index}]; let m${index} = (r, end) => (m${index} = nested(${index}))(r, end);`).join('\n')}
			return (function (r, end) {
				let ${names.map((_, index) => `v${index} = d${index}`).join(', ')};
				while (r.pos < end) {
					const tag = r.tag();
					switch (tag) {
						${cases.join('\n')}
						default: switch (tag >>> 3) { ${known} r.unknown(tag, true); break; default: r.skip(tag); }
					}
				}
				r.close(end);
				return {${results.join(', ')}};
			});`;
		return new Function('defaults', 'nested', 'keeps', source)(defaults, nested, keeps) as MessageDecoder<unknown>;
	}

	#statementFor(field: Field<unknown>, tag: number, index: number): string {
		const value = `v${index}`;
		const none = `d${index}`;
		if (field.cardinality === 'map') {
			const run =
				field.shared === true
					? `r.sharedMapRun(${tag}, end, ${JSON.stringify(mapValueOf(field))}, ${field.kind === 'quantity' ? QUANTITY_MAP : WORD_MAP})`
					: `r.mapRun(${tag}, end, ${JSON.stringify(mapValueOf(field))}, k${index})`;
			return `{ const x = ${run}; if (x !== undefined) ${value} = ${value} === ${none} ? x : new Map([...${value}, ...x]); }`;
		}
		const one = field.kind === 'message' ? `m${index}(r, r.enter())` : `r.${field.kind}()`;
		if (field.cardinality !== 'repeated') {
			if (field.shared !== true) return `${value} = ${one};`;
			return `{ const e = r.enter(), s = r.pos; ${value} = r.find(${this.#shareNumber(field.fields!)}, s, e); if (${value} === undefined) { ${value} = m${index}(r, e); r.keep(${this.#shareNumber(field.fields!)}, s, e, ${value}); } }`;
		}
		if (field.shared !== true) return `if (${value} === ${none}) ${value} = [${one}]; else ${value}.push(${one});`;
		const use = this.#shareNumber(field.fields!) + 1;
		return `{
			const s = r.pos, e = r.runEnd(${tag}, end);
			let x = r.find(${use}, s, e);
			if (x === undefined) {
				x = [];
				for (;;) { x.push(${one}); if (r.pos >= e) break; r.tag(); }
				x = x.slice();
				r.keep(${use}, s, e, x);
			}
			${value} = ${value} === ${none} ? x : ${value}.concat(x);
		}`;
	}

	/** Messages of one table share what they share, wherever they stand; the next number is for arrays of them. */
	#shareNumber(fields: Fields): number {
		const known = this.#uses.get(fields);
		if (known !== undefined) return known;
		const use = LAST_USE + 1 + 2 * this.#uses.size;
		this.#uses.set(fields, use);
		return use;
	}
}

function isGrown(field: Field<unknown>): boolean {
	return field.cardinality === 'repeated';
}

function mapValueOf(field: Field<unknown>): MapValue {
	return field.kind === 'quantity' || field.kind === 'time' ? field.kind : 'word';
}

function wireTypeOf(field: Field<unknown>): number {
	if (field.cardinality === 'map') return 2;
	if (field.kind === 'int' || field.kind === 'bool') return 0;
	return field.kind === 'double' ? 1 : 2;
}
