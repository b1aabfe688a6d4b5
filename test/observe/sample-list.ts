import type {UsageSample} from '../../src/observe/observation.ts';
import {sampleAt, type Samples} from '../../src/observe/samples.ts';

/** Samples as objects, in their order. */
export function listOf(samples: Samples): readonly UsageSample[] {
	return samples.measured.map((_, index) => sampleAt(samples, index));
}
