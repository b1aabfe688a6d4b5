import {err, type Result} from '../util/result.ts';
import {realClock} from './real-clock.ts';
import {openReplaySession, type ReplaySession} from './replay-session.ts';
import {momentOf} from './replay-time.ts';

/**
 * A recording at one moment, for what prints and for tests.
 *
 * @param at As `@` takes it, `+5m` counting from the start; undefined: the end.
 * @returns The error as one line.
 */
export function openRecorded(file: string, at: string | undefined): Result<ReplaySession, string> {
	const opened = openReplaySession(file, {clock: realClock, isLoop: false});
	if (!opened.ok) return opened;
	const {replay} = opened.value;
	const range = replay.range();
	const moment = momentOf(at ?? 'end', {now: range.from, range, marks: replay.recording.marks()});
	if (!moment.ok) {
		replay.close();
		return err(moment.error);
	}
	replay.seek(moment.value);
	return opened;
}
