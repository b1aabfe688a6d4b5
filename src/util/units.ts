import type {Brand} from './brand.ts';

/** CPU in billionths of a core, as the metrics API gives it. A double, exact up to 2^53. */
export type NanoCores = Brand<number, 'NanoCores'>;
/** Memory in bytes. A double, exact up to 2^53. */
export type Bytes = Brand<number, 'Bytes'>;
