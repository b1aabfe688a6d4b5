/**
 * Kubeconfigs that both kubectl and kwb read: scripts/record-kubeconfig-fixtures.ts writes down what the one
 * makes of them, kubeconfig-view.test.ts holds the other against it.
 */
export type KubeconfigCase = {
	readonly name: string;
	/** By path relative to a directory that exists only for the case. */
	readonly files: Readonly<Record<string, string>>;
	/** What KUBECONFIG lists, relative to that directory; '' is an empty entry. */
	readonly listed?: readonly string[];
	/** What --kubeconfig says. */
	readonly flag?: string;
	/** With --minify: only what this context needs. '' is the current context. */
	readonly minify?: string;
};

const ONE = `
apiVersion: v1
kind: Config
current-context: one
clusters:
- name: alpha
  cluster: {server: "https://alpha.test:6443"}
contexts:
- name: one
  context: {cluster: alpha, user: ann}
users:
- name: ann
  user: {token: ann-token}
`;

const TWO = `
current-context: two
clusters:
- name: alpha
  cluster: {server: "https://other-alpha.test", tls-server-name: not-merged}
- name: beta
  cluster: {server: "https://beta.test/prefix/", proxy-url: "http://proxy.test:3128", disable-compression: true}
contexts:
- name: one
  context: {cluster: beta, user: bob, namespace: not-merged}
- name: two
  context: {cluster: beta, user: bob, namespace: shop}
users:
- name: ann
  user: {username: ann, password: secret}
- name: bob
  user: {username: bob, password: secret}
`;

const EVERY_FIELD = `
apiVersion: v1
kind: Config
preferences: {colors: true}
current-context: full
clusters:
- name: full
  cluster:
    server: https://full.test:6443/k8s/clusters/c-1
    tls-server-name: api.internal
    certificate-authority: ca.crt
    proxy-url: socks5://proxy.test:1080
    disable-compression: true
    extensions:
    - name: client.authentication.k8s.io/exec
      extension: {audience: "x", nested: [1, true, null]}
- name: open
  cluster: {server: "https://open.test", insecure-skip-tls-verify: true}
contexts:
- name: full
  context:
    cluster: full
    user: full
    namespace: shop
    extensions:
    - name: minikube
      extension: {last-update: "yesterday"}
users:
- name: full
  user:
    client-certificate: pki/client.crt
    client-key: pki/client.key
    token: the-token
    as: jane
    as-uid: "42"
    as-groups: [a, b]
    as-user-extra:
      scopes: [view, edit]
- name: plugin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: aws
      args: [eks, get-token]
      env:
      - {name: AWS_PROFILE, value: prod}
      installHint: |
        install the
        aws command
      interactiveMode: Never
      provideClusterInfo: true
- name: old-plugin
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: old}
- name: provider
  user:
    auth-provider: {name: oidc, config: {id-token: x, client-id: "7"}}
unknown-field: is ignored
`;

const file = (text: string): Pick<KubeconfigCase, 'files' | 'listed'> => ({files: {config: text}, listed: ['config']});

export const KUBECONFIG_CASES: readonly KubeconfigCase[] = [
	{name: 'one file', ...file(ONE)},
	{
		name: 'every field',
		files: {config: EVERY_FIELD, 'ca.crt': 'authority\n', 'pki/client.crt': 'certificate\n', 'pki/client.key': 'key\n'},
		listed: ['config'],
	},
	{name: 'of two entries with one name the first file counts, whole', files: {a: ONE, b: TWO}, listed: ['a', 'b']},
	{name: 'the other way round', files: {a: ONE, b: TWO}, listed: ['b', 'a']},
	{
		name: 'the first current-context that is not empty counts',
		files: {a: ONE.replace('current-context: one', 'current-context: ""'), b: TWO},
		listed: ['a', 'b'],
	},
	{name: 'missing files and empty entries are skipped', files: {b: TWO}, listed: ['missing', '', 'b', 'also-missing']},
	{name: 'a file listed twice counts once', files: {a: ONE, b: TWO}, listed: ['b', 'a', 'b']},
	{name: 'all missing', files: {}, listed: ['missing', 'also-missing']},
	{name: 'an empty file', ...file('')},
	{name: 'an empty file before another', files: {a: '', b: TWO}, listed: ['a', 'b']},
	{name: 'lists that are null', ...file('clusters: null\ncontexts: ~\nusers:\ncurrent-context: x\n')},
	{name: 'entries without content', ...file('clusters: [{name: c}]\ncontexts: [{name: x, context: null}]\nusers: [{name: u, user: {}}]\n')},
	{name: 'JSON', ...file(JSON.stringify({kind: 'Config', clusters: [{name: 'c', cluster: {server: 'https://c'}}], 'current-context': 'x'}))},
	{name: 'only the first document counts', ...file(`${ONE}---\ncurrent-context: from-the-second\n`)},
	{name: 'of two equal keys the last counts', ...file(`${ONE}current-context: again\n`)},
	{
		name: 'anchors and merge keys',
		...file(`${ONE}`.replace('user: {token: ann-token}', 'user: &ann {token: ann-token}\n- name: like-ann\n  user: {<<: *ann, as: root}')),
	},
	{
		name: 'yes and off are booleans',
		...file('clusters:\n- name: c\n  cluster: {server: "https://c", insecure-skip-tls-verify: yes, disable-compression: off}\n'),
	},
	{
		name: 'base64 over several lines',
		...file('clusters:\n- name: c\n  cluster:\n    server: https://c\n    certificate-authority-data: |\n      YXV0\n      aG9yaXR5\n'),
	},
	{
		name: 'relative paths are relative to the file they stand in',
		files: {
			'a/config': 'clusters: [{name: a, cluster: {certificate-authority: ca.crt}}]',
			'b/config': 'clusters: [{name: b, cluster: {certificate-authority: ../b/ca.crt}}]',
			'a/ca.crt': 'of a\n',
			'b/ca.crt': 'of b\n',
		},
		listed: ['a/config', 'b/config'],
	},
	{name: '--kubeconfig alone counts', files: {a: ONE, b: TWO}, listed: ['a'], flag: 'b'},
	{name: 'minified to the current context', files: {a: ONE, b: TWO}, listed: ['a', 'b'], minify: ''},
	{name: 'minified to another', files: {a: ONE, b: TWO}, listed: ['a', 'b'], minify: 'two'},

	{name: 'error: one broken file among good ones', files: {a: ONE, broken: 'clusters: [\nusers: {', b: TWO}, listed: ['a', 'broken', 'b']},
	{name: 'error: tabs', ...file('clusters:\n\t- name: x\n')},
	{name: 'error: a list', ...file('- a\n')},
	{name: 'error: another kind', ...file(ONE.replace('kind: Config', 'kind: Pod'))},
	{name: 'error: another version', ...file(ONE.replace('apiVersion: v1', 'apiVersion: v2'))},
	{name: 'error: a map for a list', ...file('users: {ann: {token: x}}\n')},
	{name: 'error: a number for text', ...file(ONE.replace('ann-token', '12345'))},
	{name: 'error: a boolean for text', ...file(ONE.replace('ann-token', 'yes'))},
	{name: 'error: text for a boolean', ...file(ONE.replace('6443"', '6443", insecure-skip-tls-verify: "true"'))},
	{name: 'error: base64 that is none', ...file('clusters: [{name: c, cluster: {certificate-authority-data: "!!!"}}]\n')},
	{name: 'error: base64 without its padding', ...file('clusters: [{name: c, cluster: {certificate-authority-data: "YQ"}}]\n')},
	{name: 'error: two entries with one name in a file', ...file('users: [{name: u, user: {token: a}}, {name: u, user: {token: b}}]\n')},
	{name: 'error: minified to a context that is not there', files: {a: ONE}, listed: ['a'], minify: 'nowhere'},
];
