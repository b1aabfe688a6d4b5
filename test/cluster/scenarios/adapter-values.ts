/** A custom metric of the adapter: of one object by name, or of every object whose labels match. */
export type CustomValue = {
	/** `pods`, `deployments.apps`, `services`. */
	readonly resource: string;
	readonly namespace: string;
	readonly name?: string;
	/** A label selector as kubectl takes it; without it and without a name, every object. */
	readonly selector?: string;
	readonly metric: string;
	/** What an HPA's metric selector selects. */
	readonly labels?: Readonly<Record<string, string>>;
	/** A quantity, `500m`, `12`. */
	readonly value: string;
	/** The value is for all the objects together, each has its part: the load that more pods make lighter. */
	readonly share?: boolean;
};

export type ExternalValue = {readonly metric: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>>; readonly value: string};

/** A metric that fails with this message, as a backend that is down does. */
export type FailingValue = Omit<CustomValue | ExternalValue, 'value'> & {readonly value: '0'; readonly error: string};

export type AdapterValue = CustomValue | ExternalValue | FailingValue;

/** Sets values at the adapter's control port, in one step: no query sees half of them. Throws if it refuses or is not there. */
export async function setAdapterValues(control: URL, values: readonly AdapterValue[]): Promise<void> {
	await say(control, 'PUT', values);
}

/** Removes the values with these names and labels, so that queries find nothing; without a list, all. */
export async function removeAdapterValues(control: URL, values?: readonly AdapterValue[]): Promise<void> {
	await say(control, 'DELETE', values);
}

async function say(control: URL, method: 'PUT' | 'DELETE', values: readonly AdapterValue[] | undefined): Promise<void> {
	const response = await fetch(new URL('/values', control), {method, body: values === undefined ? null : JSON.stringify(values)});
	if (!response.ok) throw new Error(`the metrics adapter refused: ${response.status} ${await response.text()}`);
	await response.text();
}
