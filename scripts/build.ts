/**
 * Makes dist/: one file for each road that is taken by itself, in the order in which they are needed. `kwb.js` reads the
 * kubeconfig, sends the first request and paints the first rows; Ink and React, yargs, the printing commands, recordings
 * are files of their own, loaded when they are asked for.
 *
 * Every relative `import()` begins such a file. What two files share stands in both: nothing in kwb is a singleton, and twenty
 * small shared chunks cost a start 30 ms more than one large file.
 */
import {readFileSync, rmSync} from 'node:fs';
import path from 'node:path';
import {build, type Plugin} from 'esbuild';

const {version} = JSON.parse(readFileSync('package.json', 'utf8')) as {version: string};
const roads = new Map([['kwb', path.resolve('src/cli/main.ts')]]);

/** Turns relative dynamic imports into files of their own. */
const ownFiles: Plugin = {
	name: 'own-files',
	setup({onResolve}) {
		onResolve({filter: /^\.\.?\//}, ({kind, path: specifier, resolveDir}) => {
			if (kind !== 'dynamic-import') return undefined;
			const file = path.resolve(resolveDir, specifier);
			if (!file.startsWith(path.resolve('src')) && !file.startsWith(path.resolve('views'))) return undefined;
			const name = path.basename(file).replace(/\.tsx?$/, '');
			const known = roads.get(name);
			if (known !== undefined && known !== file) throw new Error(`two files that are loaded on demand are called ${name}`);
			roads.set(name, file);
			return {path: `./${name}.js`, external: true};
		});
	},
};

/** Ink asks for React's developer tools when DEV=true; nobody has them here. */
const noDeveloperTools: Plugin = {
	name: 'no-developer-tools',
	setup({onResolve, onLoad}) {
		onResolve({filter: /^react-devtools-core$/}, () => ({path: 'react-devtools-core', namespace: 'nothing'}));
		onLoad({filter: /.*/, namespace: 'nothing'}, () => ({contents: 'export default {initialize() {}, connectToDevTools() {}};'}));
	},
};

rmSync('dist', {recursive: true, force: true});
const built = new Set<string>();
for (let next = [...roads]; next.length > 0; next = [...roads].filter(([name]) => !built.has(name))) {
	for (const [name, file] of next) {
		built.add(name);
		const {metafile} = await build({
			entryPoints: {[name]: file},
			outdir: 'dist',
			bundle: true,
			minify: true,
			format: 'esm',
			platform: 'node',
			target: 'node24',
			jsx: 'automatic',
			metafile: true,
			// Ink's layout asks whether there is a fetch before it takes what it brings itself: to ask would load all of undici (30 ms).
			define: {'process.env.NODE_ENV': '"production"', KWB_VERSION: JSON.stringify(version), fetch: 'undefined'},
			// Loaded from the packages, where it is needed at all.
			external: ['@kubernetes/client-node'],
			mainFields: ['module', 'main'],
			banner: {js: "import {createRequire as __createRequire} from 'node:module';const require=__createRequire(import.meta.url);"},
			plugins: [ownFiles, noDeveloperTools],
			logLevel: 'warning',
		});
		for (const [output, {bytes}] of Object.entries(metafile.outputs))
			process.stdout.write(`${output.padEnd(28)} ${(bytes / 1024).toFixed(0).padStart(6)} KiB\n`);
	}
}
