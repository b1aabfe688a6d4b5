import {expect, test} from 'vitest';
import {type Allowance, gate, type Ruling} from '../../src/keymap/gate.ts';
import type {Effect} from '../../src/keymap/commands.ts';

const FREE: Allowance = {isReadonly: false, isReplay: false, mayWrite: false, mayExec: false, missing: new Set()};

test.each<{name: string; effect: Effect; needs?: string; allowance: Partial<Allowance>; ruling: Ruling['kind']; because?: string}>([
	{name: 'what touches the screen alone is always allowed', effect: 'ui', allowance: {isReadonly: true, isReplay: true}, ruling: 'allow'},
	{name: 'reading is allowed under --readonly', effect: 'read', allowance: {isReadonly: true}, ruling: 'allow'},
	{
		name: 'a replay has nobody to ask',
		effect: 'read',
		allowance: {isReplay: true, mayWrite: true, mayExec: true},
		ruling: 'refuse',
		because: 'a recording has no cluster behind it',
	},
	{name: 'exec is asked for', effect: 'exec', allowance: {}, ruling: 'ask'},
	{name: 'exec is asked for once', effect: 'exec', allowance: {mayExec: true}, ruling: 'allow'},
	{name: '--readonly beats an answer already given', effect: 'exec', allowance: {isReadonly: true, mayExec: true}, ruling: 'refuse', because: '--readonly'},
	{name: 'write needs --write', effect: 'write', allowance: {}, ruling: 'refuse', because: 'read-only unless started with --write'},
	{name: 'write with --write', effect: 'write', allowance: {mayWrite: true}, ruling: 'allow'},
	{name: '--readonly beats --write', effect: 'write', allowance: {mayWrite: true, isReadonly: true}, ruling: 'refuse', because: '--readonly'},
	{name: 'a missing need is named first', effect: 'write', needs: 'a row', allowance: {missing: new Set(['a row'])}, ruling: 'refuse', because: 'needs a row'},
	{name: 'a need that is met is no obstacle', effect: 'ui', needs: 'a row', allowance: {missing: new Set(['a pod'])}, ruling: 'allow'},
])('$name', ({effect, needs, allowance, ruling, because}) => {
	const answer = gate(needs === undefined ? {effect} : {effect, needs}, {...FREE, ...allowance});
	expect(answer.kind).toBe(ruling);
	if (because !== undefined) expect(answer).toEqual({kind: 'refuse', because});
});
