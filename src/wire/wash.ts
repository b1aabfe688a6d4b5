export {wash} from '../util/wash.ts';
