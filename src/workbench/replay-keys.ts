import type {ObjectKey, ResourceId} from '../kube/schema.ts';
import type {Replay} from '../record/replay.ts';
import type {TimeCommand} from '../state/step.ts';
import {assertNever} from '../util/assert-never.ts';
import {momentOf} from './replay-time.ts';

export type TimeKeysOptions = {
	readonly replay: () => Replay | undefined;
	/** The object of the selected row. */
	readonly selected: () => {readonly resource: ResourceId; readonly key: ObjectKey} | undefined;
	/** The cursor or the speed is another one. */
	readonly onMoved: () => void;
	readonly say: (text: string, severity?: 'info' | 'warn' | 'error') => void;
};

/** What the keys do that move in a recording. */
export type TimeKeys = {
	press(command: TimeCommand): void;
	/** To a time, a mark, or (without a text) the next change of the selected object. */
	goTo(text: string): void;
};

const SECONDS_MS = 10_000;
const MINUTE_MS = 60_000;

export function createTimeKeys({replay, selected, onMoved, say}: TimeKeysOptions): TimeKeys {
	/** By a single change; who looks that closely does not want it to play on. */
	function step(on: Replay, by: 1 | -1): void {
		on.pause();
		if (!on.step(by)) say(by === 1 ? 'this is the last change of the recording' : 'this is the first change of the recording', 'warn');
		onMoved();
	}

	function nextChange(on: Replay): void {
		const object = selected();
		if (object === undefined) return say('no object is selected', 'warn');
		on.pause();
		if (!on.nextChangeOf(object.resource, object.key)) say(`${object.key} does not change any more`, 'warn');
		onMoved();
	}

	return {
		press(command) {
			const on = replay();
			if (on === undefined) return;
			switch (command) {
				case 'time.changeBack':
					return step(on, -1);
				case 'time.changeOn':
					return step(on, 1);
				case 'time.secondsBack':
					on.skip(-SECONDS_MS);
					return onMoved();
				case 'time.secondsOn':
					on.skip(SECONDS_MS);
					return onMoved();
				case 'time.minuteBack':
					on.skip(-MINUTE_MS);
					return onMoved();
				case 'time.minuteOn':
					on.skip(MINUTE_MS);
					return onMoved();
				case 'time.slower':
				case 'time.faster':
					on.faster(command === 'time.faster' ? 1 : -1);
					return onMoved();
				default:
					assertNever(command);
			}
		},
		goTo(text) {
			const on = replay();
			if (on === undefined) return;
			if (text === '') return nextChange(on);
			const moment = momentOf(text, {now: on.at(), range: on.range(), marks: on.recording.marks()});
			if (!moment.ok) return say(moment.error, 'warn');
			on.seek(moment.value);
			onMoved();
		},
	};
}
