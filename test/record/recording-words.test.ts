import {expect, test} from 'vitest';
import {recordingWordsOf} from '../../src/cli/recording-words.ts';

test.each<[string, ReturnType<typeof recordingWordsOf>]>([
	['top', undefined],
	['', undefined],
	['record night.kwb', {command: 'record', file: 'night.kwb'}],
	['record', {command: 'wrong', error: 'record which file?'}],
	['record a b', {command: 'wrong', error: 'record: too many words: b'}],
	['replay night.kwb', {command: 'replay', file: 'night.kwb', address: undefined}],
	['replay night.kwb top/shop', {command: 'replay', file: 'night.kwb', address: 'top/shop'}],
	['replay', {command: 'wrong', error: 'replay which file?'}],
	['replay a b c', {command: 'wrong', error: 'replay: too many words: c'}],
	['demo', {command: 'demo', address: undefined}],
	['demo hpa', {command: 'demo', address: 'hpa'}],
])('%s', (line, expected) => {
	expect(recordingWordsOf(line.split(' ').filter(word => word !== ''))).toEqual(expected);
});
