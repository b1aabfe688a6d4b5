import type {Layout} from './directories.ts';
import {AUTHORITY, FRONT_PROXY_AUTHORITY, SERVICE_RANGE, SIGNING_KEY} from './keys.ts';
import type {Ports} from './ports.ts';
import type {ProcessName, Profile, Settings, Variant} from './settings.ts';

/** What the arguments of every process follow from. */
export type Plan = {readonly layout: Layout; readonly ports: Ports; readonly settings: Settings};

const LOOPBACK = '127.0.0.1';

/** Seconds between two scrapes. 15 is what metrics-server's release manifest says, 10 the least it takes. */
export const METRIC_RESOLUTION_SECONDS: Readonly<Record<Profile, number>> = {quick: 10, stock: 15};

/** What `quick` changes, by process. `stock` changes nothing: the processes have the defaults of a real cluster. */
const QUICK: Partial<Readonly<Record<ProcessName, readonly string[]>>> = {
	'kube-apiserver': ['--min-request-timeout=60', '--event-ttl=10m'],
	'kube-controller-manager': [
		'--horizontal-pod-autoscaler-sync-period=2s',
		'--horizontal-pod-autoscaler-downscale-stabilization=10s',
		'--horizontal-pod-autoscaler-cpu-initialization-period=5s',
		'--horizontal-pod-autoscaler-initial-readiness-delay=2s',
		'--horizontal-pod-autoscaler-tolerance=0.1',
		'--node-monitor-period=2s',
		'--node-monitor-grace-period=20s',
		// By default it ends after 10 s without an answer, which a busy machine of two cores can take.
		'--leader-elect-lease-duration=30s',
		'--leader-elect-renew-deadline=20s',
	],
	'metrics-server': [`--metric-resolution=${METRIC_RESOLUTION_SECONDS.quick}s`, '--kubelet-request-timeout=5s'],
};

const STOCK: Partial<Readonly<Record<ProcessName, readonly string[]>>> = {
	'metrics-server': [`--metric-resolution=${METRIC_RESOLUTION_SECONDS.stock}s`],
};

const PROFILE_ARGUMENTS: Readonly<Record<Profile, typeof QUICK>> = {quick: QUICK, stock: STOCK};

/** What filling with thousands of pods needs: with the default rates a controller makes 20 requests a second. */
const SCALE: Partial<Readonly<Record<ProcessName, readonly string[]>>> = {
	'kube-controller-manager': [
		'--kube-api-qps=300',
		'--kube-api-burst=600',
		'--concurrent-deployment-syncs=20',
		'--concurrent-replicaset-syncs=20',
		// While the API server is full, the lease is not renewed in time, and without it the process ends.
		'--leader-elect-lease-duration=120s',
		'--leader-elect-renew-deadline=100s',
	],
	'kube-scheduler': ['--kube-api-qps=500', '--kube-api-burst=1000'],
};

/** One difference each; cluster-wide, because they are the API server's. */
const VARIANT_ARGUMENTS: Readonly<Record<Variant, readonly string[]>> = {
	nocache: ['--watch-cache=false'],
	nowatchlist: ['--feature-gates=WatchList=false'],
	tight: ['--max-requests-inflight=2', '--max-mutating-requests-inflight=2', '--enable-priority-and-fairness=false'],
};

/** The settings as flags, for a person: what the profile, the scale and the variant set. */
export function settingsInWords(settings: Settings): readonly string[] {
	const flags = (table: typeof QUICK): string[] => Object.entries(table).map(([process, list]) => `  ${process}: ${list.join(' ')}`);
	return [
		`profile ${settings.profile}${settings.profile === 'stock' ? ' (defaults; metrics-server as in its release manifest)' : ' (short intervals)'}`,
		...flags(PROFILE_ARGUMENTS[settings.profile]),
		...(settings.isScaled ? ['scale', ...flags(SCALE), '  kwok: 32 stages at once'] : []),
		...(settings.variant === undefined ? [] : [`variant ${settings.variant}`, ...flags({'kube-apiserver': VARIANT_ARGUMENTS[settings.variant]})]),
	];
}

/** The command line of a process. Later flags win, so profile, scale, variant and `extraArgs` come last. */
export function argumentsOf(process: ProcessName, plan: Plan, extraArgs: readonly string[] = []): readonly string[] {
	const {settings} = plan;
	return [
		...BASE[process](plan),
		...(PROFILE_ARGUMENTS[settings.profile][process] ?? []),
		...(settings.isScaled ? (SCALE[process] ?? []) : []),
		...(process === 'kube-apiserver' && settings.variant !== undefined ? VARIANT_ARGUMENTS[settings.variant] : []),
		...extraArgs,
	];
}

/** The port on which a process can be seen to listen. */
export function portOf(process: ProcessName, ports: Ports): number {
	return ports[LISTENS[process]];
}

const LISTENS: Readonly<Record<ProcessName, keyof Ports>> = {
	etcd: 'etcd',
	'kube-apiserver': 'apiserver',
	'kube-controller-manager': 'controllerManager',
	'kube-scheduler': 'scheduler',
	kwok: 'kwok',
	'metrics-server': 'metricsServer',
	adapter: 'adapter',
};

const BASE: Readonly<Record<ProcessName, (plan: Plan) => readonly string[]>> = {
	etcd: ({layout, ports}) => {
		const client = `http://${LOOPBACK}:${ports.etcd}`;
		const peer = `http://${LOOPBACK}:${ports.etcdPeer}`;
		return [
			'--name=kwb',
			`--data-dir=${layout.etcd}`,
			`--listen-client-urls=${client}`,
			`--advertise-client-urls=${client}`,
			`--listen-peer-urls=${peer}`,
			`--initial-advertise-peer-urls=${peer}`,
			`--initial-cluster=kwb=${peer}`,
			// Nothing here has to survive a power cut; it is several times faster.
			'--unsafe-no-fsync',
			'--auto-compaction-retention=1',
			// The API server drops old revisions every five minutes: several hundred changes a second write more than the 2 GB that etcd allows itself meanwhile.
			'--quota-backend-bytes=8589934592',
		];
	},
	'kube-apiserver': ({layout, ports}) => [
		`--etcd-servers=http://${LOOPBACK}:${ports.etcd}`,
		'--etcd-prefix=/registry',
		`--bind-address=${LOOPBACK}`,
		`--advertise-address=${LOOPBACK}`,
		`--secure-port=${ports.apiserver}`,
		`--tls-cert-file=${layout.certificate('apiserver')}`,
		`--tls-private-key-file=${layout.key('apiserver')}`,
		`--client-ca-file=${layout.certificate(AUTHORITY)}`,
		'--authorization-mode=Node,RBAC',
		'--service-account-issuer=https://kubernetes.default.svc',
		`--service-account-key-file=${layout.pki}/${SIGNING_KEY}.pub`,
		`--service-account-signing-key-file=${layout.key(SIGNING_KEY)}`,
		`--service-cluster-ip-range=${SERVICE_RANGE}`,
		'--allow-privileged=true',
		// A loopback address may not be an endpoint.
		'--endpoint-reconciler-type=none',
		`--requestheader-client-ca-file=${layout.certificate(FRONT_PROXY_AUTHORITY)}`,
		'--requestheader-allowed-names=front-proxy-client',
		'--requestheader-username-headers=X-Remote-User',
		'--requestheader-group-headers=X-Remote-Group',
		'--requestheader-extra-headers-prefix=X-Remote-Extra-',
		`--proxy-client-cert-file=${layout.certificate('front-proxy-client')}`,
		`--proxy-client-key-file=${layout.key('front-proxy-client')}`,
		'--kubelet-preferred-address-types=InternalIP,Hostname',
		`--token-auth-file=${layout.tokens}`,
		`--audit-policy-file=${layout.auditPolicy}`,
		`--audit-log-path=${layout.audit}`,
	],
	'kube-controller-manager': ({layout, ports}) => [
		...identity(layout, 'kube-controller-manager'),
		`--root-ca-file=${layout.certificate(AUTHORITY)}`,
		`--service-account-private-key-file=${layout.key(SIGNING_KEY)}`,
		'--use-service-account-credentials=true',
		'--leader-elect=true',
		// Every pass of the HPA controller in the log, without the rest of -v=4.
		'-v=2',
		'--vmodule=horizontal=4',
		`--bind-address=${LOOPBACK}`,
		`--secure-port=${ports.controllerManager}`,
	],
	'kube-scheduler': ({layout, ports}) => [
		...identity(layout, 'kube-scheduler'),
		'--leader-elect=false',
		`--bind-address=${LOOPBACK}`,
		`--secure-port=${ports.scheduler}`,
	],
	kwok: ({layout, ports}) => [
		`--kubeconfig=${layout.kubeconfig('kwok')}`,
		`--config=${layout.kwokConfig}`,
		// A node with this label has a kubelet that stopped: kwok neither renews its lease nor touches its pods.
		'--manage-nodes-with-label-selector=kwb.test/kubelet!=stopped',
		'--manage-all-nodes=false',
		`--node-ip=${LOOPBACK}`,
		'--node-name=localhost',
		`--node-port=${ports.kwok}`,
		`--server-address=${LOOPBACK}:${ports.kwok}`,
		`--tls-cert-file=${layout.certificate('kwok-serving')}`,
		`--tls-private-key-file=${layout.key('kwok-serving')}`,
		'--node-lease-duration-seconds=40',
	],
	'metrics-server': ({layout, ports}) => [
		...identity(layout, 'metrics-server'),
		`--bind-address=${LOOPBACK}`,
		`--secure-port=${ports.metricsServer}`,
		`--tls-cert-file=${layout.certificate('metrics-server-serving')}`,
		`--tls-private-key-file=${layout.key('metrics-server-serving')}`,
		'--kubelet-insecure-tls',
		'--kubelet-use-node-status-port',
		'--kubelet-preferred-address-types=InternalIP,Hostname',
	],
	adapter: ({layout, ports}) => [
		`--lister-kubeconfig=${layout.kubeconfig('adapter')}`,
		`--authentication-kubeconfig=${layout.kubeconfig('adapter')}`,
		`--authorization-kubeconfig=${layout.kubeconfig('adapter')}`,
		`--bind-address=${LOOPBACK}`,
		`--secure-port=${ports.adapter}`,
		`--tls-cert-file=${layout.certificate('adapter-serving')}`,
		`--tls-private-key-file=${layout.key('adapter-serving')}`,
		`--control-address=${LOOPBACK}:${ports.adapterControl}`,
	],
};

function identity(layout: Layout, user: string): readonly string[] {
	const kubeconfig = layout.kubeconfig(user);
	return [`--kubeconfig=${kubeconfig}`, `--authentication-kubeconfig=${kubeconfig}`, `--authorization-kubeconfig=${kubeconfig}`];
}
