/** What one metric says: a count, or why it says none. */
export type Proposal = {
	/** As conditions and events name it. */
	readonly name: string;
} & ({readonly kind: 'count'; readonly replicas: number} | {readonly kind: 'error'; readonly reason: string; readonly message: string});

export type CombinedProposals =
	| {
			readonly kind: 'count';
			/** The raw number, before windows and limits. */
			readonly replicas: number;
			/** Index of the metric that named it, and its name. */
			readonly winner: number;
			readonly metric: string;
			/** Some metric failed, and the pass goes on without it. */
			readonly isPartial: boolean;
			readonly scalingActive: ConditionOutcome;
	  }
	| {readonly kind: 'error'; readonly because: 'allFailed' | 'wouldShrink'; readonly message: string; readonly scalingActive: ConditionOutcome};

/** What a pass writes into a condition. */
export type ConditionOutcome = {readonly status: 'True' | 'False'; readonly reason: string};

/**
 * The largest proposal wins, the first listed on a tie, and a leading 0 is always replaced. A metric that failed blocks
 * shrinking but not growing.
 *
 * Source: kubernetes v1.37.2 pkg/controller/podautoscaler/horizontal.go, computeReplicasForMetrics.
 */
export function combineProposals(proposals: readonly Proposal[], specReplicas: number): CombinedProposals {
	let replicas = 0;
	let winner = -1;
	let failed = 0;
	let firstError: Extract<Proposal, {readonly kind: 'error'}> | undefined;
	proposals.forEach((proposal, index) => {
		if (proposal.kind === 'error') {
			failed++;
			firstError ??= proposal;
		} else if (replicas === 0 || proposal.replicas > replicas) {
			replicas = proposal.replicas;
			winner = index;
		}
	});

	if (failed >= proposals.length || (failed > 0 && replicas < specReplicas)) {
		return {
			kind: 'error',
			because: failed >= proposals.length ? 'allFailed' : 'wouldShrink',
			message: `invalid metrics (${failed} invalid out of ${proposals.length}), first error is: ${firstError?.message ?? '<nil>'}`,
			scalingActive: {status: 'False', reason: firstError?.reason ?? ''},
		};
	}
	return {
		kind: 'count',
		replicas,
		winner,
		metric: proposals[winner]?.name ?? '',
		isPartial: failed > 0,
		scalingActive: {status: 'True', reason: 'ValidMetricFound'},
	};
}
