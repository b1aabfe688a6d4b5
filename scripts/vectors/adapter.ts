/** One vector of a file, ready to be run. */
export type VectorCase = {
	readonly name: string;
	/** What we say otherwise than the vector, a line each; nothing when we agree. May throw, which counts as a failure. */
	failures(): readonly string[];
};

/** Makes cases of a parsed vector file. A domain is one adapter. */
export type Adapter = (file: unknown) => readonly VectorCase[];
