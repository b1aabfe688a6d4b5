#!/bin/sh
":" //; v="--max-semi-space-size=8 --no-parallel-scavenge"; case "$1" in replay|demo) v="--max-semi-space-size=32";; esac; export MALLOC_ARENA_MAX=1; f=$0; if [ -L "$f" ]; then f=$(readlink -f "$f"); fi; d=${f%/*}/..; for n in "$d"/node_modules/node-*/bin/node "$d"/../node-*/bin/node; do if [ -x "$n" ]; then exec "$n" $v "$f" "$@"; fi; done; exec node $v "$f" "$@"

// Started as a program, the shell reads the line above and hands this same file to the Node that came
// with the packages: one process, and with flags that cannot be set from inside (they take 80 MB off the
// resident set of 10,000 pods). Started as `node bin/kwb.js`, that line is a string and a comment, and what follows finds
// the right Node itself. Only syntax that any Node parses may stand here.

/** The same as in the second line. A replay makes ten thousand objects anew with each seek, and has no first row to be quick with. */
var LIVE_FLAGS = ['--max-semi-space-size=8', '--no-parallel-scavenge'];
var REPLAY_FLAGS = ['--max-semi-space-size=32'];
var FLAGS = process.argv[2] === 'replay' || process.argv[2] === 'demo' ? REPLAY_FLAGS : LIVE_FLAGS;
var ENVIRONMENT = {MALLOC_ARENA_MAX: '1'};

if (Number(process.versions.node.split('.')[0]) >= 24) {
	start();
} else {
	import('./carried-node.cjs').then(handOver, tooOld);
}

function start() {
	var builtin = process.getBuiltinModule;
	var os = builtin('node:os');
	var cache = process.env.XDG_CACHE_HOME || os.homedir() + '/.cache';
	builtin('node:module').enableCompileCache(cache + '/kwb/compile');
	if (process.env.NODE_ENV === undefined) process.env.NODE_ENV = 'production';
	import('../dist/kwb.js').then(
		function (kwb) {
			return kwb.main(process.argv.slice(2));
		},
		function (error) {
			if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
			process.stderr.write('kwb: not built yet: run `npm run build`\n');
			process.exitCode = 1;
		},
	);
}

function handOver(carried) {
	var node = carried.carriedNode();
	if (node === undefined) return tooOld();
	return import('node:child_process').then(function (childProcess) {
		var file = process.argv[1];
		var child = childProcess.spawn(node, FLAGS.concat(file, process.argv.slice(2)), {stdio: 'inherit', env: Object.assign({}, process.env, ENVIRONMENT)});
		// The terminal sends its signals to both; the parent waits for what the child makes of them.
		['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'].forEach(function (signal) {
			process.on(signal, function () {
				if (signal === 'SIGTERM') child.kill(signal);
			});
		});
		child.on('exit', function (code, signal) {
			process.exitCode = signal ? 1 : code;
		});
	});
}

function tooOld() {
	process.stderr.write('kwb: needs Node 24, this is ' + process.version + ' and none came with the packages; run `npm ci` without --omit=optional, or install Node 24\n');
	process.exitCode = 1;
}
