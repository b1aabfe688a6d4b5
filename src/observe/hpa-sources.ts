import type {ObjectOf, Resource, ResourceFields, Stored} from '../kube/schema.ts';
import type {Snapshot} from '../store/store.ts';
import type {FactsState, UsageState} from './frame.ts';
import type {MetricValuesState} from './hpa-values-fold.ts';

/** Where an HPA's inputs are read: a frame, or the folds of a stream at this moment. */
export type HpaSources = {
	snapshot<F extends ResourceFields, Index extends string>(resource: Resource<F, Index>): Snapshot<ObjectOf<F> & Stored, Index>;
	readonly usage: UsageState;
	readonly facts: FactsState;
	readonly metricValues: MetricValuesState;
};
