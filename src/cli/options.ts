/** One flag of the command line. The fast scan, yargs, the help and docs/options.md are all made from this table. */
export type OptionSpec = {
	readonly name: string;
	readonly alias?: string;
	readonly type: 'string' | 'boolean' | 'list';
	readonly does: string;
	readonly choices?: readonly string[];
	readonly group: 'Cluster' | 'What to show' | 'Safety' | 'Output' | 'Recording' | 'Program';
};

export const OPTIONS = [
	{name: 'kubeconfig', type: 'string', does: 'file to use instead of $KUBECONFIG and ~/.kube/config', group: 'Cluster'},
	{name: 'context', type: 'string', does: 'context of the kubeconfig', group: 'Cluster'},
	{name: 'cluster', type: 'string', does: 'cluster of the kubeconfig, in place of the context’s', group: 'Cluster'},
	{name: 'user', type: 'string', does: 'user of the kubeconfig, in place of the context’s', group: 'Cluster'},
	{name: 'as', type: 'string', does: 'user to impersonate', group: 'Cluster'},
	{name: 'as-group', type: 'list', does: 'group to impersonate; may be repeated', group: 'Cluster'},
	{
		name: 'request-timeout',
		type: 'string',
		does: 'give up a request that has not got its whole answer within so long (5s, 1m; 0: never), watches aside',
		group: 'Cluster',
	},
	{name: 'namespace', alias: 'n', type: 'string', does: 'namespace, or several with commas', group: 'What to show'},
	{name: 'all-namespaces', alias: 'A', type: 'boolean', does: 'all namespaces (the default)', group: 'What to show'},
	{name: 'selector', alias: 'l', type: 'string', does: 'label selector for pods', group: 'What to show'},
	{name: 'watch-hpa', type: 'boolean', does: 'watch autoscalers from the start, so that what their controller remembers is known', group: 'What to show'},
	{
		name: 'controller-flags',
		type: 'string',
		does: 'HPA flags of kube-controller-manager, where its pod cannot be read: "--horizontal-pod-autoscaler-tolerance=0.2 …"',
		group: 'What to show',
	},
	{name: 'write', type: 'boolean', does: 'allow actions that change the cluster, each after a dry run and a question', group: 'Safety'},
	{name: 'readonly', type: 'boolean', does: 'refuse everything that changes the cluster or enters a container; beats --write', group: 'Safety'},
	{name: 'output', alias: 'o', type: 'string', does: 'print instead of opening the screen', choices: ['table', 'wide', 'json', 'yaml'], group: 'Output'},
	{name: 'watch', alias: 'w', type: 'boolean', does: 'print again whenever there are new samples', group: 'Output'},
	{name: 'sort', type: 'string', does: 'column to sort by; a leading - reverses', group: 'Output'},
	{name: 'record', type: 'string', does: 'write down all that is seen to this new file, too', group: 'Recording'},
	{name: 'for', type: 'string', does: 'with the command record: end by itself after so long (30m)', group: 'Recording'},
	{name: 'from', type: 'string', does: 'print from this recording instead of a cluster', group: 'Recording'},
	{name: 'at', type: 'string', does: 'moment of the recording: 14:03:20, +5m from its start, a mark (default: its end)', group: 'Recording'},
	{name: 'ring-time', type: 'string', does: 'what R can save reaches back so far at most (default 30m)', group: 'Recording'},
	{name: 'ring-size', type: 'string', does: 'and takes so much memory at most (default 24M)', group: 'Recording'},
	{name: 'memory', type: 'string', does: 'memory budget (512Mi, 2Gi; default: a quarter of the machine, at most 2Gi)', group: 'Program'},
	{name: 'wire', type: 'string', does: 'encoding to ask the API server for', choices: ['protobuf', 'json'], group: 'Program'},
	{name: 'verbose', alias: 'v', type: 'boolean', does: 'stack traces with errors', group: 'Program'},
] as const satisfies readonly OptionSpec[];

/** What the flags said; what was not said is absent. */
export type Options = {
	readonly kubeconfig?: string;
	readonly context?: string;
	readonly cluster?: string;
	readonly user?: string;
	readonly as?: string;
	readonly 'as-group'?: readonly string[];
	readonly 'request-timeout'?: string;
	readonly namespace?: string;
	readonly 'all-namespaces'?: boolean;
	readonly selector?: string;
	readonly 'watch-hpa'?: boolean;
	readonly 'controller-flags'?: string;
	readonly write?: boolean;
	readonly readonly?: boolean;
	readonly output?: string;
	readonly watch?: boolean;
	readonly sort?: string;
	readonly record?: string;
	readonly for?: string;
	readonly from?: string;
	readonly at?: string;
	readonly 'ring-time'?: string;
	readonly 'ring-size'?: string;
	readonly memory?: string;
	readonly wire?: string;
	readonly verbose?: boolean;
};

/** The command line as understood: words (a command and its arguments, or an address) and flags. */
export type Invocation = {readonly words: readonly string[]; readonly options: Options};
