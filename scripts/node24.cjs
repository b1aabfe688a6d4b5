'use strict';
// Runs its arguments with the Node that came with the packages (24), whatever Node started it.
// Parses on any Node: it is what the npm scripts call first.
const {spawn} = require('node:child_process');
const {carriedNode} = require('../bin/carried-node.cjs');

const node = carriedNode();
if (node === undefined) {
	process.stderr.write(
		'kwb: no Node 24 came with the packages for ' +
			process.platform +
			'-' +
			process.arch +
			' and this one is ' +
			process.version +
			'; run `npm ci` or install Node 24\n',
	);
	process.exit(1);
}
const child = spawn(node, process.argv.slice(2), {stdio: 'inherit', env: Object.assign({}, process.env, {KWB_NODE: node})});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
	if (signal) {
		for (const each of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(each);
		process.kill(process.pid, signal);
	} else process.exitCode = code;
});
