import {pods} from '../../src/kube/resources/pods.ts';
import {createStream} from '../../src/observe/create-stream.ts';
import type {Fault, Freshness, Observation} from '../../src/observe/observation.ts';
import {createReflector, type ReflectorOptions} from '../../src/reflector/create-reflector.ts';
import {createReflectorContext, type ReflectorContextOptions} from '../../src/reflector/reflector-context.ts';
import {Wire} from '../../src/wire/wire.ts';
import {fakeClock, settled} from '../observe/fake-clock.ts';
import {type Asked, fakeTransport} from './fake-transport.ts';

export type HarnessOptions = Partial<Pick<ReflectorContextOptions, 'random' | 'encoding' | 'unsupportedWatchLists' | 'saveUnsupportedWatchLists'>> &
	Partial<ReflectorOptions>;

/** A cluster's context on a fake clock, whose requests go to `handle`, and everything that is said. */
export function createHarness(
	handle: (asked: Asked) => void,
	{random = () => 0.5, encoding, unsupportedWatchLists, saveUnsupportedWatchLists, ...options}: HarnessOptions = {},
) {
	const clock = fakeClock();
	const stream = createStream({clock, resourceOf: id => (id === 'pods' ? pods : undefined)});
	const asked: Array<Asked & {readonly at: number}> = [];
	const transport = fakeTransport(each => {
		asked.push({...each, at: clock.monotonic()});
		handle(each);
	});
	const context = createReflectorContext({
		transport,
		decoders: new Wire(),
		observe: stream.observe,
		clock,
		random,
		noteServerDate: stream.noteServerDate,
		encoding,
		...(unsupportedWatchLists === undefined ? {} : {unsupportedWatchLists}),
		...(saveUnsupportedWatchLists === undefined ? {} : {saveUnsupportedWatchLists}),
	});
	const said: Observation[] = [];
	stream.subscribe(each => said.push(each));
	const reflector = createReflector(context, {resource: pods, namespace: undefined, ...options});

	return {
		clock,
		stream,
		context,
		transport,
		reflector,
		asked,
		said,
		settled,
		/** What went out, shortly: `stream`, `watch RV`, `list RV limit`. */
		requests: (): readonly string[] => asked.map(({spec}) => nameOf(spec.query ?? {}, spec.path)),
		snapshot: () => stream.frame(stream.now()).snapshot(pods),
		names: (): readonly string[] => [...stream.frame(stream.now()).snapshot(pods).objects.keys()].sort(),
		contents: (): ReadonlyMap<string, string> =>
			new Map([...stream.frame(stream.now()).snapshot(pods).objects].map(([key, each]) => [key, `${each.metadata.uid}@${each.metadata.resourceVersion}`])),
		freshness: (namespace = ''): Freshness | undefined => stream.frame(stream.now()).freshness('pods').get(namespace),
		/** Every freshness that was said, in order. */
		freshnesses: (): readonly Freshness[] => said.flatMap(each => (each.kind === 'freshness' ? [each.freshness] : [])),
		faults: (): readonly Fault[] => said.flatMap(each => (each.kind === 'fault' ? [each.fault] : [])),
	};
}

function nameOf(query: Readonly<Record<string, string | undefined>>, path: string): string {
	const where = path === '/api/v1/pods' ? '' : ` ${path.replace(/^\/api\/v1\/namespaces\/([^/]+)\/pods$/, 'in $1')}`;
	if (query.sendInitialEvents === 'true') return `stream${where}`;
	if (query.watch === '1') return `watch ${query.resourceVersion}${where}`;
	return ['list', query.resourceVersion, query.limit === undefined ? undefined : `limit=${query.limit}`, query.continue === undefined ? undefined : 'continued']
		.filter(each => each !== undefined)
		.join(' ')
		.concat(where);
}
