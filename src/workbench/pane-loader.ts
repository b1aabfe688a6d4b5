import {objectPath} from '../kube/api-paths.ts';
import {horizontalpodautoscalers} from '../kube/resources/horizontalpodautoscalers.ts';
import {nodes} from '../kube/resources/nodes.ts';
import {pods} from '../kube/resources/pods.ts';
import type {Transport, TransportError} from '../transport/transport.ts';
import type {Line} from '../viewmodel/line.ts';
import type {PaneContent} from '../viewmodel/pane-content.ts';
import {followLog, type LogState} from './follow-log.ts';
import {yamlOf} from './object-yaml.ts';
import type {PaneTarget} from './pane-target.ts';
import {readWhole} from './read-whole.ts';

const RESOURCES = {pods, nodes, horizontalpodautoscalers} as const;

/** Fetches for one pane at a time; what it holds goes with the pane and is never recorded. */
export type PaneLoader = {
	content(): PaneContent | undefined;
	yaml(target: PaneTarget): void;
	logs(target: PaneTarget, isPrevious: boolean): void;
	unload(): void;
};

export function createPaneLoader({transport, onChange}: {readonly transport: Pick<Transport, 'stream'>; readonly onChange: () => void}): PaneLoader {
	let content: PaneContent | undefined;
	let running = new AbortController();

	function begin(what: string): AbortSignal {
		running.abort();
		running = new AbortController();
		content = {kind: 'loading', what};
		onChange();
		return running.signal;
	}

	function show(signal: AbortSignal, next: PaneContent): void {
		if (signal.aborted) return;
		content = next;
		onChange();
	}

	return {
		content: () => content,
		yaml(target) {
			const signal = begin(`${target.name} as YAML`);
			const resource = RESOURCES[target.resource];
			void readWhole(
				transport,
				{
					path: objectPath(resource, resource.versions[0]!, target.namespace, target.name),
					accept: 'application/json',
					headersTimeoutMs: 30_000,
					idleTimeoutMs: 30_000,
					counted: {verb: 'get', resource: target.resource},
				},
				signal,
			).then(async answer => {
				if (!answer.ok) return show(signal, failed(answer.error));
				const lines = await yamlOf(answer.value);
				show(signal, lines === undefined ? {kind: 'failed', message: 'the answer is no object'} : {kind: 'lines', lines: lines.map(yamlLine)});
			});
		},
		logs(target, isPrevious) {
			const signal = begin(`the log of ${target.container ?? target.name}`);
			const wanted = {namespace: target.namespace ?? '', pod: target.name, container: target.container, isPrevious};
			void followLog(transport, wanted, signal, state => show(signal, logContent(state, isPrevious)));
		},
		unload() {
			running.abort();
			content = undefined;
		},
	};
}

function failed(error: TransportError): PaneContent {
	if (error.kind === 'aborted') return {kind: 'failed', message: 'stopped'};
	return {kind: 'failed', message: error.message, ...('hint' in error && error.hint !== undefined ? {hint: error.hint} : {})};
}

function logContent({lines, dropped, isOpen, error}: LogState, isPrevious: boolean): PaneContent {
	if (lines.length === 0 && error !== undefined) return failed(error);
	if (lines.length === 0) return isOpen ? {kind: 'loading', what: 'lines: nothing was logged yet'} : {kind: 'lines', lines: []};
	return {
		kind: 'lines',
		lines: [
			...(dropped === 0 ? [] : [[{text: `… ${dropped} older lines are not kept`, tone: 'muted'} as const]]),
			...lines.map((text): Line => [{text, tone: 'plain'}]),
			...(error === undefined ? [] : [[{text: error.kind === 'aborted' ? 'stopped' : error.message, tone: 'bad'} as const]]),
			...(isOpen || error !== undefined
				? []
				: [[{text: isPrevious ? '(end of the container before)' : '(end: the container has stopped)', tone: 'muted'} as const]]),
		],
	};
}

const YAML_KEY = /^(\s*(?:- )*)([^\s:#][^:]*)(:)(\s.*|)$/;

function yamlLine(text: string): Line {
	const match = YAML_KEY.exec(text);
	if (match === null) return [{text, tone: 'plain'}];
	const [, indent = '', key = '', colon = '', value = ''] = match;
	return [
		{text: indent, tone: 'muted'},
		{text: key, tone: 'key'},
		{text: `${colon}`, tone: 'muted'},
		{text: value, tone: 'plain'},
	];
}
