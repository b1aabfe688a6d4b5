import type {Command} from './commands.ts';

/** What may be done here and now. */
export type Allowance = {
	/** `--readonly`: beats everything else. */
	readonly isReadonly: boolean;
	/** A recording is open: there is no cluster to ask. */
	readonly isReplay: boolean;
	/** `--write`, or the configuration. */
	readonly mayWrite: boolean;
	/** Asked for once a session. */
	readonly mayExec: boolean;
	/** Needs (as commands name them) that are not met. */
	readonly missing: ReadonlySet<string>;
};

export type Ruling = {readonly kind: 'allow'} | {readonly kind: 'ask'; readonly question: string} | {readonly kind: 'refuse'; readonly because: string};

const ALLOW: Ruling = {kind: 'allow'};

/** The one place where a command is refused. Pure, so that the help gives the same reason before the key is pressed. */
export function gate({effect, needs}: Pick<Command, 'effect' | 'needs'>, allowance: Allowance): Ruling {
	if (needs !== undefined && allowance.missing.has(needs)) return {kind: 'refuse', because: `needs ${needs}`};
	if (effect === 'ui') return ALLOW;
	if (allowance.isReplay) return {kind: 'refuse', because: 'a recording has no cluster behind it'};
	if (effect === 'read') return ALLOW;
	if (allowance.isReadonly) return {kind: 'refuse', because: '--readonly'};
	if (effect === 'exec') return allowance.mayExec ? ALLOW : {kind: 'ask', question: 'run commands in containers, this session?'};
	return allowance.mayWrite ? ALLOW : {kind: 'refuse', because: 'read-only unless started with --write'};
}
