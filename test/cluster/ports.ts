import {createServer} from 'node:net';

/** The ports of a cluster; chosen once and kept, so that a process comes back where it was. */
export const PORT_NAMES = ['etcd', 'etcdPeer', 'apiserver', 'controllerManager', 'scheduler', 'kwok', 'metricsServer', 'adapter', 'adapterControl'] as const;
export type Ports = Readonly<Record<(typeof PORT_NAMES)[number], number>>;

/** Below the range from which kernels take ports for outgoing connections (32768 on Linux), so that a port stays free while its process is down. */
const LOWEST = 20_000;
const HIGHEST = 29_999;

/**
 * Chooses ports that are free on loopback now and that no other cluster has been given.
 *
 * @param taken Ports that other clusters remember, running or not.
 * @param random As Math.random.
 */
export async function choosePorts(
	taken: ReadonlySet<number>,
	random: () => number,
	isFree: (port: number) => Promise<boolean> = isFreeOnLoopback,
): Promise<Ports> {
	const chosen = new Set<number>();
	for (let attempt = 0; chosen.size < PORT_NAMES.length; attempt++) {
		if (attempt > 1000) throw new Error('no free ports on loopback');
		const port = LOWEST + Math.floor(random() * (HIGHEST - LOWEST + 1));
		if (!taken.has(port) && !chosen.has(port) && (await isFree(port))) chosen.add(port);
	}
	const ports = [...chosen];
	return Object.fromEntries(PORT_NAMES.map((name, index) => [name, ports[index]!])) as Ports;
}

/** Whether one may listen there. */
export function isFreeOnLoopback(port: number): Promise<boolean> {
	return new Promise(resolve => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});
}
