/** What is odd about a kubeconfig, a line each, where there is no screen to say it. */
export function sayWarnings(warnings: readonly string[]): void {
	for (const warning of warnings) process.stderr.write(`kwb: warning: ${warning}\n`);
}
