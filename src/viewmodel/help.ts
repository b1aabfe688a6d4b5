import {type Allowance, gate} from '../keymap/gate.ts';
import type {Keymap} from '../keymap/keymap.ts';
import {chordsLabel, SCOPE_TITLES, SCOPES} from '../keymap/keymap-markdown.ts';
import type {Line} from './line.ts';
import {lineOf, span} from './line-tools.ts';
import {displayWidth, fitText, truncateEnd} from './text-width.ts';

/** Every key, by the place where it counts; and beside what is refused now, the gate's reason. */
export function helpLines(keymap: Keymap, allowance: Allowance, width: number): readonly Line[] {
	const commands = keymap.commands.filter(({chords}) => chords.length > 0);
	const keysWidth = Math.max(...commands.map(({chords}) => displayWidth(chordsLabel(chords))));
	const lines: Line[] = [];
	for (const scope of SCOPES) {
		const inScope = commands.filter(command => command.scope === scope);
		if (inScope.length === 0) continue;
		if (lines.length > 0) lines.push([]);
		lines.push(lineOf(` ${SCOPE_TITLES[scope]}`, 'title'));
		for (const command of inScope) {
			const ruling = gate(command, allowance);
			const room = Math.max(0, width - keysWidth - 4);
			const reason = ruling.kind === 'refuse' ? ` · ${ruling.because}` : '';
			const does = truncateEnd(command.does, Math.max(0, room - displayWidth(reason)));
			lines.push([span(`  ${fitText(chordsLabel(command.chords), keysWidth)}  `, 'key'), span(does, reason === '' ? 'plain' : 'muted'), span(reason, 'warn')]);
		}
	}
	return lines;
}
