/**
 * Makes dist/: one bundle in chunks, in the order in which they are needed. The first chunk reads the kubeconfig,
 * sends the first request and paints the first rows; Ink and React, yargs, YAML output and the Kubernetes client
 * are chunks of their own that are loaded when they are asked for.
 */
import {readFileSync, rmSync} from 'node:fs';
import {build} from 'esbuild';

const {version} = JSON.parse(readFileSync('package.json', 'utf8')) as {version: string};

rmSync('dist', {recursive: true, force: true});
const result = await build({
	entryPoints: {kwb: 'src/cli/main.ts'},
	outdir: 'dist',
	bundle: true,
	splitting: true,
	minify: true,
	format: 'esm',
	platform: 'node',
	target: 'node24',
	jsx: 'automatic',
	metafile: true,
	chunkNames: 'chunks/[name]-[hash]',
	define: {'process.env.NODE_ENV': '"production"', KWB_VERSION: JSON.stringify(version)},
	// Ink asks for React's developer tools only when DEV=true.
	external: ['react-devtools-core'],
	mainFields: ['module', 'main'],
	banner: {js: "import {createRequire as __createRequire} from 'node:module';const require=__createRequire(import.meta.url);"},
	logLevel: 'warning',
});

for (const [file, {bytes, entryPoint}] of Object.entries(result.metafile.outputs)) {
	if (bytes > 4096) process.stdout.write(`${file.padEnd(36)} ${(bytes / 1024).toFixed(0).padStart(6)} KiB ${entryPoint ?? ''}\n`);
}
