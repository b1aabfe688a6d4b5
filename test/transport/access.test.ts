import {describe, expect, test} from 'vitest';
import type {Access, AccessError, AccessFlags} from '../../src/transport/access.ts';
import {loadAccess} from '../../src/transport/kubeconfig.ts';

type Files = Readonly<Record<string, string>>;

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

function load(files: Files, flags: AccessFlags = {}, env: Readonly<Record<string, string>> = {KUBECONFIG: '/etc/kube/config'}) {
	return loadAccess({
		flags,
		env,
		homeDir: '/home/ann',
		workingDir: '/here',
		readFile(file) {
			const text = files[file];
			if (text === undefined) throw Object.assign(new Error('missing'), {code: 'ENOENT'});
			return text;
		},
	});
}

/** One context `dev` of cluster `c` and user `u`, with these lines in the flow maps. */
function config({cluster = '', user = 'token: t', context = '', rest = ''}): Files {
	return {
		'/etc/kube/config': `
current-context: dev
clusters: [{name: c, cluster: {server: "https://c.test:6443"${cluster && `, ${cluster}`}}}, {name: c2, cluster: {server: "https://c2.test"}}]
contexts: [{name: dev, context: {cluster: c, user: u${context && `, ${context}`}}}, {name: other, context: {cluster: c2, user: v}}]
users: [{name: u, user: {${user}}}, {name: v, user: {token: v-token}}]
${rest}`,
	};
}

function accessOf(result: ReturnType<typeof load>): Access {
	if (!result.ok) throw new Error(result.error.message);
	return result.value;
}

function errorOf(result: ReturnType<typeof load>): AccessError {
	if (result.ok) throw new Error('expected an error');
	return result.error;
}

const EXEC = 'exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Never}';

describe('which kubeconfig', () => {
	const HOME = '/home/ann/.kube/config';
	const [text = ''] = Object.values(config({}));

	test('the one in the home directory when KUBECONFIG is not set', () => expect(accessOf(load({[HOME]: text}, {}, {})).contextName).toBe('dev'));
	test('the one in the home directory when KUBECONFIG holds only empty entries', () =>
		expect(accessOf(load({[HOME]: text}, {}, {KUBECONFIG: '::'})).contextName).toBe('dev'));
	test('KUBECONFIG alone when it is set, though its files are missing', () => {
		const error = errorOf(load({[HOME]: text}, {}, {KUBECONFIG: '/a:/b'}));
		expect(error).toMatchObject({kind: 'noKubeconfig', message: 'none of the files in KUBECONFIG exists: /a, /b'});
		expect(error.hint).toContain('kwb demo');
	});
	test('--kubeconfig alone, relative to the working directory', () =>
		expect(accessOf(load({[HOME]: '- broken', '/here/my': text}, {kubeconfig: 'my'})).contextName).toBe('dev'));
	test('a missing --kubeconfig is an error that names it', () =>
		expect(errorOf(load({[HOME]: text}, {kubeconfig: 'my'}))).toEqual({kind: 'missingFile', message: 'kubeconfig /here/my: there is no such file'}));
	test('none at all is one line that names kwb demo', () => {
		const error = errorOf(load({}, {}, {}));
		expect(error).toMatchObject({kind: 'noKubeconfig', message: 'no kubeconfig found'});
		expect(error.hint).toContain('kwb demo');
	});
	test('a file that may not be read is an error that names it', () => {
		const result = loadAccess({
			flags: {},
			env: {},
			homeDir: '/home/ann',
			workingDir: '/',
			readFile() {
				throw Object.assign(new Error('no'), {code: 'EACCES'});
			},
		});
		expect(errorOf(result)).toEqual({kind: 'brokenFile', message: `kubeconfig ${HOME} cannot be read: EACCES`});
	});
	test('a broken file is an error that names it and the place, and quotes none of it', () => {
		const {message} = errorOf(load({'/etc/kube/config': 'users:\n- {token: s3cret\nx: ['}));
		expect(message).toMatch(/^kubeconfig \/etc\/kube\/config: line 3, column \d+: /);
		expect(message).not.toContain('s3cret');
	});
	test('a value of the wrong type is named by its place, and not quoted', () =>
		expect(errorOf(load(config({user: 'token: 12345'}))).message).toBe('kubeconfig /etc/kube/config: users[0].user.token must be text: put it in quotes'));
});

describe('in a cluster', () => {
	const POD: Files = {[`${SERVICE_ACCOUNT}/token`]: 'sa-token\n', [`${SERVICE_ACCOUNT}/ca.crt`]: 'ca', [`${SERVICE_ACCOUNT}/namespace`]: 'shop\n'};
	const ENV = {KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443'};

	test('without a kubeconfig, as the service account, in its namespace', () =>
		expect(accessOf(load(POD, {}, ENV))).toMatchObject({
			server: 'https://10.0.0.1:443',
			namespace: 'shop',
			namespaceIsExplicit: false,
			credential: {kind: 'tokenFile', path: `${SERVICE_ACCOUNT}/token`, initial: 'sa-token'},
			tls: {ca: {kind: 'file', path: `${SERVICE_ACCOUNT}/ca.crt`}},
		}));
	test('an IPv6 server is in brackets', () =>
		expect(accessOf(load(POD, {}, {...ENV, KUBERNETES_SERVICE_HOST: 'fd00::1'})).server).toBe('https://[fd00::1]:443'));
	test('flags count there as well', () =>
		expect(accessOf(load(POD, {namespace: 'x', as: 'joe'}, ENV))).toMatchObject({namespace: 'x', namespaceIsExplicit: true, impersonate: {user: 'joe'}}));
	test('a kubeconfig comes first', () => expect(accessOf(load({...POD, ...config({})}, {}, {...ENV, KUBECONFIG: '/etc/kube/config'})).contextName).toBe('dev'));
	test('when no file of KUBECONFIG exists, too', () => expect(accessOf(load(POD, {}, {...ENV, KUBECONFIG: '/a:/b'})).clusterName).toBe('in-cluster'));
	test('not in the place of a --kubeconfig that is missing', () => expect(errorOf(load(POD, {kubeconfig: 'my'}, ENV)).kind).toBe('missingFile'));
	test('not in the place of a kubeconfig that is broken', () =>
		expect(errorOf(load({...POD, '/etc/kube/config': 'users: {'}, {}, {...ENV, KUBECONFIG: '/etc/kube/config'})).kind).toBe('brokenFile'));
	test('POD_NAMESPACE comes before the namespace of the service account', () =>
		expect(accessOf(load(POD, {}, {...ENV, POD_NAMESPACE: 'mine'})).namespace).toBe('mine'));
	test('without a namespace file it is default, and without an authority those of the machine count', () =>
		expect(accessOf(load({[`${SERVICE_ACCOUNT}/token`]: 't'}, {}, ENV))).toMatchObject({namespace: 'default', tls: {ca: undefined, insecure: false}}));
	test.each([
		['the service variables', POD, {}],
		['the token', {}, ENV],
	])('not without %s', (_what, files, env) => expect(errorOf(load(files, {}, env)).kind).toBe('noKubeconfig'));
});

describe('which context, cluster, user and namespace', () => {
	test.each<{name: string; flags: AccessFlags; context?: string; expected: Partial<Access>}>([
		{
			name: 'those of the current context',
			flags: {},
			expected: {contextName: 'dev', clusterName: 'c', userName: 'u', namespace: 'default', namespaceIsExplicit: false},
		},
		{name: "the context's namespace", flags: {}, context: 'namespace: shop', expected: {namespace: 'shop', namespaceIsExplicit: false}},
		{name: '--namespace before it', flags: {namespace: 'x'}, context: 'namespace: shop', expected: {namespace: 'x', namespaceIsExplicit: true}},
		{name: '--context', flags: {context: 'other'}, expected: {contextName: 'other', clusterName: 'c2', userName: 'v'}},
		{name: '--cluster in the current context', flags: {cluster: 'c2'}, expected: {contextName: 'dev', clusterName: 'c2', userName: 'u'}},
		{name: '--user in the current context', flags: {user: 'v'}, expected: {clusterName: 'c', credential: {kind: 'token', token: 'v-token'}}},
	])('$name', ({flags, context = '', expected}) => expect(accessOf(load(config({context}), flags))).toMatchObject(expected));

	const WITHOUT_CURRENT = {'/etc/kube/config': Object.values(config({}))[0]!.replace('current-context: dev', '')};
	test('--cluster and --user do without a context', () =>
		expect(accessOf(load(WITHOUT_CURRENT, {cluster: 'c', user: 'v'}))).toMatchObject({contextName: '', clusterName: 'c', userName: 'v'}));
	test('a context without a user is anonymous', () =>
		expect(
			accessOf(
				load({'/etc/kube/config': 'current-context: a\nclusters: [{name: c, cluster: {server: "https://c"}}]\ncontexts: [{name: a, context: {cluster: c}}]'}),
			).credential,
		).toEqual({
			kind: 'none',
		}));
	test('no current-context is an error that lists the contexts', () =>
		expect(errorOf(load(WITHOUT_CURRENT))).toEqual({
			kind: 'noContext',
			message: 'the kubeconfig has no current-context',
			hint: 'choose one with --context: dev, other',
		}));
	test.each<[string, AccessFlags, string]>([
		['context', {context: 'x'}, 'choose one with --context: dev, other'],
		['cluster', {cluster: 'x'}, 'choose one with --cluster: c, c2'],
		['user', {user: 'x'}, 'choose one with --user: u, v'],
	])('an unknown %s is an error that lists the known ones', (what, flags, hint) =>
		expect(errorOf(load(config({}), flags))).toEqual({kind: 'unknownName', message: `there is no ${what} "x" in the kubeconfig`, hint}),
	);
	test.each([
		['a cluster that is not there', 'cluster: nowhere, user: u', 'there is no cluster "nowhere" in the kubeconfig'],
		['no cluster', 'user: u', 'context dev names no cluster'],
		['a user that is not there', 'cluster: c, user: nobody', 'there is no user "nobody" in the kubeconfig'],
	])('a context that names %s is an error', (_what, context, message) => {
		const text = Object.values(config({}))[0]!.replace('context: {cluster: c, user: u}', `context: {${context}}`);
		expect(errorOf(load({'/etc/kube/config': text}))).toMatchObject({kind: 'unknownName', message});
	});
	test('a name with escape sequences is washed', () =>
		expect(errorOf(load(config({}), {context: '\u001b[31mred\u0007'})).message).not.toMatch(/[\u001b\u0007]/));
});

describe('server', () => {
	const serverOf = (server: string, rest = '') => load({'/etc/kube/config': Object.values(config({cluster: rest}))[0]!.replace('https://c.test:6443', server)});
	test.each([
		['https://c.test:6443', 'https://c.test:6443'],
		['https://c.test/', 'https://c.test'],
		['https://rancher.test/k8s/clusters/c-1/', 'https://rancher.test/k8s/clusters/c-1'],
		['https://[fd00::1]:6443', 'https://[fd00::1]:6443'],
		['localhost:8080', 'http://localhost:8080'],
	])('%s is %s', (server, expected) => expect(accessOf(serverOf(server)).server).toBe(expected));
	test('a bare host is https where there is an authority', () =>
		expect(accessOf(serverOf('c.test', 'certificate-authority: ca')).server).toBe('https://c.test'));
	test.each([
		['', 'it names no server'],
		['ftp://c', 'its server is not an http or https URL'],
		['https://[', 'its server is not an http or https URL'],
	])('%j is an error', (server, why) => expect(errorOf(serverOf(server)).message).toBe(`cluster c: ${why}`));
	test('a token over plain http is warned about', () =>
		expect(accessOf(serverOf('http://c.test')).warnings).toEqual(['the credential of u goes to http://c.test without encryption']));
	test.each([
		['a password', 'username: a, password: b'],
		['a token file', 'tokenFile: tok'],
		['what a plugin gives', EXEC],
	])('so is %s', (_what, user) => {
		const text = Object.values(config({user}))[0]!.replace('https://c.test:6443', 'http://c.test');
		expect(accessOf(load({'/etc/kube/config': text})).warnings).toEqual(['the credential of u goes to http://c.test without encryption']);
	});
	test('but not on this machine', () => expect(accessOf(serverOf('http://127.0.0.1:8001')).warnings).toEqual([]));
	test('proxy-url and disable-compression are kept', () =>
		expect(accessOf(load(config({cluster: 'proxy-url: "socks5://p:1080", disable-compression: true'})))).toMatchObject({
			proxyUrl: 'socks5://p:1080',
			disableCompression: true,
		}));
	test.each(['http://p:3128', 'https://p', 'socks5://p:1080', 'socks5h://p', 'http://ann:secret@p:3128'])('a proxy-url may be %s', proxyUrl =>
		expect(accessOf(load(config({cluster: `proxy-url: "${proxyUrl}"`}))).proxyUrl).toBe(proxyUrl),
	);
	test('a proxy-url of another scheme is an error', () =>
		expect(errorOf(load(config({cluster: 'proxy-url: "foo://p"'}))).message).toBe('cluster c: its proxy-url is not an http, https or socks5 URL'));
});

describe('certificates', () => {
	const base64 = (text: string) => Buffer.from(text).toString('base64');

	test('files are relative to the kubeconfig that names them', () =>
		expect(
			accessOf(load(config({cluster: 'certificate-authority: pki/ca.crt', user: 'client-certificate: ../a.crt, client-key: /abs/a.key'}))).tls,
		).toMatchObject({
			ca: {kind: 'file', path: '/etc/kube/pki/ca.crt'},
			clientCertificate: {certificate: {kind: 'file', path: '/etc/a.crt'}, key: {kind: 'file', path: '/abs/a.key'}},
		}));
	test('data beats the file, and says so', () => {
		const access = accessOf(
			load(
				config({
					cluster: `certificate-authority: missing, certificate-authority-data: ${base64('CA')}`,
					user: `client-certificate: missing, client-certificate-data: ${base64('CRT')}, client-key: missing, client-key-data: ${base64('KEY')}`,
				}),
			),
		);
		expect(access.tls).toMatchObject({ca: {kind: 'inline', pem: 'CA'}, clientCertificate: {certificate: {pem: 'CRT'}, key: {pem: 'KEY'}}});
		expect(access.warnings).toHaveLength(3);
	});
	test('tls-server-name and insecure-skip-tls-verify are kept', () =>
		expect(accessOf(load(config({cluster: 'tls-server-name: name, insecure-skip-tls-verify: true'}))).tls).toMatchObject({
			serverName: 'name',
			insecure: true,
			ca: undefined,
		}));
	test.each([
		['an authority together with insecure-skip-tls-verify', {cluster: 'certificate-authority: ca, insecure-skip-tls-verify: true'}],
		['the data of an authority together with insecure-skip-tls-verify', {cluster: 'certificate-authority-data: Q0E=, insecure-skip-tls-verify: true'}],
		['a certificate without a key', {user: 'client-certificate: a'}],
		['a key without a certificate', {user: 'client-key: a'}],
	])('%s is an error', (_name, lines) => expect(errorOf(load(config(lines))).kind).toBe('unusable'));
	test('nothing of them is read yet: the files may be missing', () => expect(load(config({cluster: 'certificate-authority: missing'})).ok).toBe(true));
});

describe('credentials', () => {
	test.each<[string, string, object]>([
		['a token', 'token: t', {kind: 'token', token: 't'}],
		['a token file, relative to the kubeconfig', 'tokenFile: tok', {kind: 'tokenFile', path: '/etc/kube/tok', initial: undefined}],
		['a token file beats a token, which is its first value', 'tokenFile: tok, token: t', {kind: 'tokenFile', path: '/etc/kube/tok', initial: 't'}],
		['name and password', 'username: a, password: b', {kind: 'basic', username: 'a', password: 'b'}],
		['a token beats a plugin', `token: t, ${EXEC}`, {kind: 'token', token: 't'}],
		['a token file beats a plugin', `tokenFile: /t, ${EXEC}`, {kind: 'tokenFile', path: '/t', initial: undefined}],
		['a password beats a plugin', `username: a, password: b, ${EXEC}`, {kind: 'basic', username: 'a', password: 'b'}],
		['a client certificate beats a plugin', `client-certificate: a, client-key: b, ${EXEC}`, {kind: 'none'}],
		['a token beside a client certificate', 'client-certificate: a, client-key: b, token: t', {kind: 'token', token: 't'}],
		['oidc', 'auth-provider: {name: oidc, config: {id-token: x}}', {kind: 'oidc', config: new Map([['id-token', 'x']])}],
		['none', '', {kind: 'none'}],
	])('%s', (_name, user, credential) => expect(accessOf(load(config({user}))).credential).toEqual(credential));

	test.each([
		['a token and a password', 'token: t, username: a', 'it has both a token and a password: remove one of them'],
		['exec and auth-provider', `${EXEC}, auth-provider: {name: oidc}`, 'it has both exec and auth-provider: remove one of them'],
		['exec without a command', 'exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}', 'its exec names no command'],
		['exec without an apiVersion', 'exec: {command: x, interactiveMode: Never}', 'its exec names no apiVersion'],
		[
			'exec of v1alpha1',
			'exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}',
			'its exec wants apiVersion client.authentication.k8s.io/v1alpha1, which is not supported',
		],
		[
			'exec of v1 without interactiveMode',
			'exec: {command: x, apiVersion: client.authentication.k8s.io/v1}',
			'its exec must say interactiveMode: Never, IfAvailable or Always',
		],
		[
			'exec with an interactiveMode that is none',
			'exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: No}',
			'its exec has interactiveMode No, which is none of Never, IfAvailable, Always',
		],
		[
			'exec with a variable without a name',
			'exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, env: [{value: x}]}',
			'its exec has an environment variable without a name',
		],
		['an unknown auth-provider, by its name', 'auth-provider: {name: foo}', 'the auth-provider "foo" is not supported'],
	])('%s is an error', (_name, user, why) =>
		expect(errorOf(load(config({user: user.replace('interactiveMode: No}', 'interactiveMode: "No"}')}))).message).toBe(`user u: ${why}`),
	);

	test.each([
		['gcp', 'gke-gcloud-auth-plugin'],
		['azure', 'kubelogin'],
	])('the hint for %s names what took its place', (name, plugin) =>
		expect(errorOf(load(config({user: `auth-provider: {name: ${name}}`}))).hint).toContain(plugin),
	);

	test('a plugin: all of its entry, and the extension of its cluster', () =>
		expect(
			accessOf(
				load(
					config({
						cluster: 'extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: x}}]',
						user: 'exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./bin/login, args: [a, b], env: [{name: A, value: "1"}], installHint: "\\e[1mget\\nit", provideClusterInfo: true}',
					}),
				),
			).credential,
		).toEqual({
			kind: 'exec',
			exec: {
				apiVersion: 'client.authentication.k8s.io/v1beta1',
				command: '/etc/kube/bin/login',
				args: ['a', 'b'],
				env: [{name: 'A', value: '1'}],
				installHint: 'get it',
				provideClusterInfo: true,
				interactiveMode: 'IfAvailable',
				clusterConfig: {audience: 'x'},
			},
		}));
	test('a password without a name goes out as it stands, as with kubectl', () =>
		expect(accessOf(load(config({user: 'password: b'}))).credential).toEqual({kind: 'basic', username: '', password: 'b'}));
	test('an absolute command stays as it is', () =>
		expect(accessOf(load(config({user: EXEC.replace('command: aws', 'command: /opt/aws')}))).credential).toMatchObject({exec: {command: '/opt/aws'}}));
	test('a bare command is looked up in PATH', () =>
		expect(accessOf(load(config({user: EXEC}))).credential).toMatchObject({exec: {command: 'aws', interactiveMode: 'Never'}}));
});

describe('impersonation', () => {
	const AS = 'token: t, as: joe, as-uid: "7", as-groups: [a, b], as-user-extra: {scopes: [a, b]}';
	test('none unless asked for', () => expect(accessOf(load(config({}))).impersonate).toBeUndefined());
	test("the user's", () =>
		expect(accessOf(load(config({user: AS}))).impersonate).toEqual({user: 'joe', uid: '7', groups: ['a', 'b'], extra: new Map([['scopes', ['a', 'b']]])}));
	test('flags before it, one by one', () =>
		expect(accessOf(load(config({user: AS}), {as: 'ann', asGroup: ['c']})).impersonate).toEqual({
			user: 'ann',
			uid: '7',
			groups: ['c'],
			extra: new Map([['scopes', ['a', 'b']]]),
		}));
	test.each<[string, AccessFlags, string]>([
		['groups in the kubeconfig', {}, 'token: t, as-groups: [a]'],
		['extra values in the kubeconfig', {}, 'token: t, as-user-extra: {a: [b]}'],
		['a uid in the kubeconfig', {}, 'token: t, as-uid: "1"'],
		['groups by flag', {asGroup: ['a']}, 'token: t'],
	])('%s without a user are an error', (_name, flags, user) =>
		expect(errorOf(load(config({user}), flags))).toMatchObject({kind: 'unusable', hint: 'name the user with --as'}),
	);
});
