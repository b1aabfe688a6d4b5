import {parseArgs} from 'node:util';
import {ADDONS, type Addon, PROCESSES, PROFILES, type ProcessName, RELEASES, type Settings, VARIANTS, type Variant} from './settings.ts';

/** What a command line asks for. */
export type Command =
	| {
			readonly kind: 'up' | 'reset';
			readonly name: string;
			/** Only what was said; the rest is as the cluster was before, or the defaults. */
			readonly wanted: Partial<Settings>;
			readonly scenario: string | undefined;
			readonly parameters: Parameters;
			readonly waitsForMetrics: boolean;
	  }
	| {readonly kind: 'down'; readonly name: string; readonly deletes: boolean}
	| {readonly kind: 'compact'; readonly name: string}
	| {readonly kind: 'status'; readonly name: string | undefined; readonly asJson: boolean}
	| {readonly kind: 'kubeconfig'; readonly name: string; readonly user: string | undefined; readonly groups: readonly string[]}
	| {readonly kind: 'build'; readonly targets: readonly string[]; readonly wanted: Partial<Settings>}
	| {
			readonly kind: 'scenario';
			readonly name: string;
			/** Instead of the named cluster's own; the cluster behind it must carry the mark all the same. */
			readonly kubeconfig: string | undefined;
			readonly scenario: string;
			readonly parameters: Parameters;
	  }
	| {
			readonly kind: 'stop' | 'start' | 'restart';
			readonly name: string;
			readonly process: ProcessName;
			/** Absent: as it was. `undefined`: none, said outright. */
			readonly variant?: Variant | undefined;
			readonly extraArgs: readonly string[];
	  }
	| {readonly kind: 'help'};

/** What follows `--`: the scenario's own parameters, `--key value`, `--key=value` or `key=value`; a bare `--key` is "true". */
export type Parameters = Readonly<Record<string, string>>;

export type Parsed = {readonly ok: true; readonly value: Command} | {readonly ok: false; readonly error: string};

const UP_OPTIONS = ['name', 'profile', 'scale', 'variant', 'with', 'scenario', 'wait', 'kubernetes'] as const;
const FAULT_OPTIONS = ['name', 'variant'] as const;

/** Options a command takes, by its first word. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
	up: UP_OPTIONS,
	reset: UP_OPTIONS,
	down: ['name', 'delete'],
	compact: ['name'],
	status: ['name', 'json'],
	kubeconfig: ['name', 'user', 'group'],
	build: ['kubernetes', 'with', 'profile', 'scale', 'variant', 'name'],
	scenario: ['name', 'kubeconfig'],
	stop: ['name'],
	start: FAULT_OPTIONS,
	restart: FAULT_OPTIONS,
	help: [],
};

/**
 * Reads a command line.
 *
 * @param argv Without the program: `['up', '--name', 'x']`.
 * @returns The command, or one line that says what is wrong with it.
 */
export function parseCommand(argv: readonly string[]): Parsed {
	const [verb = 'help', ...rest] = argv;
	if (verb === 'help' || verb === '--help' || verb === '-h') return {ok: true, value: {kind: 'help'}};
	const takes = TAKES[verb];
	if (takes === undefined) return refuse(`unknown command "${verb}": one of ${Object.keys(TAKES).join(', ')}`);

	const end = rest.indexOf('--');
	const own = end === -1 ? rest : rest.slice(0, end);
	const after = end === -1 ? [] : rest.slice(end + 1);
	let parsed: ReturnType<typeof scan>;
	try {
		parsed = scan(own);
	} catch (error) {
		return refuse(firstLine(error));
	}
	const {values, positionals} = parsed;
	if (values.help === true) return {ok: true, value: {kind: 'help'}};
	const alien = Object.keys(values).find(option => !takes.includes(option));
	if (alien !== undefined) return refuse(`"${verb}" takes no --${alien}${takes.length === 0 ? '' : `: only ${takes.map(option => `--${option}`).join(', ')}`}`);

	const name = values.name ?? 'default';
	if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) return refuse(`--name "${name}": lower-case letters, digits and hyphens, at most 40`);

	const wanted = settingsFrom(values);
	if (typeof wanted === 'string') return refuse(wanted);
	if (after.length > 0 && !['up', 'reset', 'scenario', 'start', 'restart'].includes(verb)) return refuse(`"${verb}" takes nothing after --`);
	const parameters = parametersFrom(after);
	if (typeof parameters === 'string' && !['start', 'restart'].includes(verb)) return refuse(parameters);
	const takesPositionals = ['build', 'scenario', 'stop', 'start', 'restart'].includes(verb);
	if (!takesPositionals && positionals.length > 0) return refuse(`"${verb}" takes no "${positionals[0]}"`);

	switch (verb) {
		case 'up':
		case 'reset': {
			if (values.wait !== undefined && values.wait !== 'metrics') return refuse(`--wait "${values.wait}": only metrics`);
			if (after.length > 0 && values.scenario === undefined) return refuse('parameters after -- belong to a --scenario');
			return accept({
				kind: verb,
				name,
				wanted,
				scenario: values.scenario,
				parameters: parameters as Parameters,
				waitsForMetrics: values.wait === 'metrics',
			});
		}
		case 'down':
			return accept({kind: verb, name, deletes: values.delete ?? false});
		case 'compact':
			return accept({kind: verb, name});
		case 'status':
			return accept({kind: verb, name: values.name, asJson: values.json ?? false});
		case 'kubeconfig':
			if (values.group !== undefined && values.user === undefined) return refuse('--group needs --user');
			return accept({kind: verb, name, user: values.user, groups: values.group ?? []});
		case 'build':
			return accept({kind: verb, targets: positionals, wanted});
		case 'scenario':
			if (positionals.length !== 1) return refuse('scenario: name exactly one');
			return accept({kind: verb, name, kubeconfig: values.kubeconfig, scenario: positionals[0]!, parameters: parameters as Parameters});
		case 'stop':
		case 'start':
		case 'restart': {
			const process = PROCESSES.find(each => each === positionals[0]);
			if (process === undefined || positionals.length !== 1) return refuse(`${verb}: name one of ${PROCESSES.join(', ')}`);
			if ('variant' in wanted && process !== 'kube-apiserver') return refuse('--variant is for kube-apiserver');
			return accept({kind: verb, name, process, ...('variant' in wanted ? {variant: wanted.variant} : {}), extraArgs: after});
		}
		default:
			return refuse(`unknown command "${verb}"`);
	}
}

function scan(own: readonly string[]) {
	return parseArgs({
		args: [...own],
		allowPositionals: true,
		options: {
			name: {type: 'string'},
			profile: {type: 'string'},
			scale: {type: 'boolean'},
			variant: {type: 'string'},
			with: {type: 'string', multiple: true},
			scenario: {type: 'string'},
			wait: {type: 'string'},
			kubernetes: {type: 'string'},
			user: {type: 'string'},
			group: {type: 'string', multiple: true},
			kubeconfig: {type: 'string'},
			json: {type: 'boolean'},
			delete: {type: 'boolean'},
			help: {type: 'boolean'},
		},
	});
}

type Values = ReturnType<typeof scan>['values'];

/** The settings that were named, or one line on a value that is none. `--variant none` takes a variant away again. */
function settingsFrom(values: Values): Partial<Settings> | string {
	const wanted: {-readonly [K in keyof Settings]?: Settings[K]} = {};
	if (values.kubernetes !== undefined) {
		const release = RELEASES.find(each => each === values.kubernetes);
		if (release === undefined) return `--kubernetes "${values.kubernetes}": one of ${RELEASES.join(', ')}`;
		wanted.kubernetes = release;
	}
	if (values.profile !== undefined) {
		const profile = PROFILES.find(each => each === values.profile);
		if (profile === undefined) return `--profile "${values.profile}": one of ${PROFILES.join(', ')}`;
		wanted.profile = profile;
	}
	if (values.scale !== undefined) wanted.isScaled = values.scale;
	if (values.variant !== undefined) {
		const variant = VARIANTS.find(each => each === values.variant);
		if (variant === undefined && values.variant !== 'none') return `--variant "${values.variant}": one of ${VARIANTS.join(', ')}, none`;
		wanted.variant = variant;
	}
	if (values.with !== undefined) {
		const addons: Addon[] = [];
		for (const word of values.with.flatMap(each => each.split(',')).filter(each => each !== '')) {
			const addon = ADDONS.find(each => each === word);
			if (addon === undefined) return `--with "${word}": one of ${ADDONS.join(', ')}`;
			if (!addons.includes(addon)) addons.push(addon);
		}
		wanted.addons = addons;
	}
	return wanted;
}

function parametersFrom(words: readonly string[]): Parameters | string {
	const parameters: Record<string, string> = {};
	for (let at = 0; at < words.length; at++) {
		const word = words[at]!;
		const [, dashes, key, , value] = /^(--)?([A-Za-z][\w-]*)(=(.*))?$/s.exec(word) ?? [];
		if (key === undefined) return `"${word}" is no parameter: write --key value`;
		const next = words[at + 1];
		if (value !== undefined) parameters[key] = value;
		else if (dashes === undefined) return `"${word}" is no parameter: write --key value`;
		else if (next === undefined || next.startsWith('--')) parameters[key] = 'true';
		else {
			parameters[key] = next;
			at++;
		}
	}
	return parameters;
}

function firstLine(error: unknown): string {
	return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.split('. To specify')[0]!;
}

function accept(value: Command): Parsed {
	return {ok: true, value};
}

function refuse(error: string): Parsed {
	return {ok: false, error};
}
