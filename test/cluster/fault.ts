/** A failure a person can act on: its message is one or a few lines that say what to do. Everything else is a bug of this folder. */
export class ClusterFault extends Error {
	override readonly name = 'ClusterFault';
}
