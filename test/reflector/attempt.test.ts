import {expect, test} from 'vitest';
import {createAttempt} from '../../src/reflector/attempt.ts';

test('of several reasons to end it the first counts', () => {
	const attempt = createAttempt();
	attempt.end({kind: 'expired'});
	attempt.end({kind: 'aborted'});
	expect(attempt.signal.aborted).toBe(true);
	expect(attempt.verdict).toEqual({kind: 'expired'});
});

test('what comes when it is over says nothing of it any more', () => {
	const attempt = createAttempt();
	attempt.close();
	attempt.end({kind: 'wentBack'});
	expect(attempt.signal.aborted).toBe(true);
	expect(attempt.verdict).toBeUndefined();
});
