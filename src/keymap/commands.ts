import type {Chord} from './chord.ts';

/** What a command touches: the screen, the API by reading, a container, the state of the cluster. */
export type Effect = 'ui' | 'read' | 'exec' | 'write';

/** Where a chord counts. The innermost open scope that knows a chord has it. */
export type Scope = 'global' | 'workbench' | 'list' | 'detail' | 'logs' | 'field' | 'help' | 'confirm';

/** One thing a person can ask for. */
export type Command = {
	readonly id: string;
	readonly scope: Scope;
	readonly chords: readonly Chord[];
	/** Completes "this key will …". */
	readonly does: string;
	readonly effect: Effect;
	/** What must be there: a row, a right (`create pods/eviction`). The gate refuses while it is missing. */
	readonly needs?: string;
	/** One or two words for the footer; without it the command is found in the help alone. */
	readonly footer?: string;
};

/** What a command that acts on the selected row needs. */
export const A_ROW = 'a selected row';
/** What a command that reads a container's log needs. */
export const A_POD = 'a pod or a container';

/** What a command that moves in time needs. */
export const A_RECORDING = 'a recording (kwb replay)';
/** What a command that writes down what is seen needs. */
export const A_CLUSTER = 'a live cluster';

/** Every command, in the order in which help and documentation show them. */
export const COMMANDS = [
	{id: 'list.next', scope: 'list', chords: ['j', 'down'], does: 'go to the next row', effect: 'ui'},
	{id: 'list.previous', scope: 'list', chords: ['k', 'up'], does: 'go to the row before', effect: 'ui'},
	{id: 'list.first', scope: 'list', chords: ['g', 'home'], does: 'go to the first row', effect: 'ui'},
	{id: 'list.last', scope: 'list', chords: ['G', 'end'], does: 'go to the last row', effect: 'ui'},
	{id: 'list.pageDown', scope: 'list', chords: ['pagedown', 'ctrl-f'], does: 'go down a page', effect: 'ui'},
	{id: 'list.pageUp', scope: 'list', chords: ['pageup', 'ctrl-b'], does: 'go up a page', effect: 'ui'},
	{id: 'list.halfDown', scope: 'list', chords: ['ctrl-d'], does: 'go down half a page', effect: 'ui'},
	{id: 'list.halfUp', scope: 'list', chords: ['ctrl-u'], does: 'go up half a page', effect: 'ui'},
	{id: 'list.left', scope: 'list', chords: ['left'], does: 'scroll columns back; in a tree, fold', effect: 'ui'},
	{id: 'list.right', scope: 'list', chords: ['right'], does: 'scroll columns on; in a tree, unfold', effect: 'ui'},
	{
		id: 'list.enter',
		scope: 'list',
		chords: ['enter'],
		does: 'go in: the pods of a node or a sum, the decision of an autoscaler, the details of the rest',
		effect: 'ui',
		needs: A_ROW,
		footer: 'open',
	},
	{id: 'detail.down', scope: 'detail', chords: ['j', 'down'], does: 'scroll down a line', effect: 'ui', footer: 'down'},
	{id: 'detail.up', scope: 'detail', chords: ['k', 'up'], does: 'scroll up a line', effect: 'ui', footer: 'up'},
	{id: 'detail.top', scope: 'detail', chords: ['g', 'home'], does: 'go to the first line', effect: 'ui'},
	{id: 'detail.bottom', scope: 'detail', chords: ['G', 'end'], does: 'go to the last line', effect: 'ui'},
	{id: 'detail.pageDown', scope: 'detail', chords: ['pagedown', 'ctrl-f'], does: 'scroll down a page', effect: 'ui'},
	{id: 'detail.pageUp', scope: 'detail', chords: ['pageup', 'ctrl-b'], does: 'scroll up a page', effect: 'ui'},
	{id: 'detail.halfDown', scope: 'detail', chords: ['ctrl-d'], does: 'scroll down half a page', effect: 'ui'},
	{id: 'detail.halfUp', scope: 'detail', chords: ['ctrl-u'], does: 'scroll up half a page', effect: 'ui'},
	{id: 'detail.left', scope: 'detail', chords: ['left'], does: 'scroll left', effect: 'ui'},
	{id: 'detail.right', scope: 'detail', chords: ['right'], does: 'scroll right', effect: 'ui'},
	{id: 'pane.nextMatch', scope: 'detail', chords: ['ctrl-n'], does: 'go to the next match', effect: 'ui', footer: 'next match'},
	{id: 'pane.previousMatch', scope: 'detail', chords: ['ctrl-p'], does: 'go to the match before', effect: 'ui'},
	{id: 'detail.enter', scope: 'detail', chords: ['enter'], does: 'go in: from the details to the chart', effect: 'ui'},
	{
		id: 'logs.previous',
		scope: 'logs',
		chords: ['p'],
		does: 'show the log of the container before its restart, or of this one again',
		effect: 'read',
		footer: 'previous',
	},
	{id: 'logs.follow', scope: 'logs', chords: ['f'], does: 'follow the log, or stop', effect: 'ui', footer: 'follow'},
	{id: 'list.filter', scope: 'workbench', chords: ['/'], does: 'show only rows with this text; in a pane, search it', effect: 'ui', footer: 'filter'},
	{id: 'namespace.pick', scope: 'workbench', chords: ['n'], does: 'pick a namespace', effect: 'ui', footer: 'namespace'},
	{
		id: 'list.view',
		scope: 'workbench',
		chords: ['v'],
		does: 'change the view: in Top pods, containers, tree, nodes; in HPA autoscalers, trace, pods',
		effect: 'ui',
		footer: 'view',
	},
	{id: 'detail.describe', scope: 'workbench', chords: ['d'], does: 'describe the selected object', effect: 'ui', needs: A_ROW, footer: 'describe'},
	{id: 'detail.yaml', scope: 'workbench', chords: ['y'], does: 'show the whole object as YAML', effect: 'read', needs: A_ROW, footer: 'yaml'},
	{id: 'detail.logs', scope: 'workbench', chords: ['l'], does: 'show the log of the selected container', effect: 'read', needs: A_POD, footer: 'logs'},
	{id: 'detail.events', scope: 'workbench', chords: ['e'], does: 'show the events of the selected object', effect: 'ui', needs: A_ROW, footer: 'events'},
	{
		id: 'detail.explain',
		scope: 'workbench',
		chords: ['x'],
		does: 'explain this row: where its numbers come from, why one is missing',
		effect: 'ui',
		needs: A_ROW,
		footer: 'explain',
	},
	{id: 'detail.related', scope: 'workbench', chords: ['o'], does: 'show owner and related objects', effect: 'ui', needs: A_ROW, footer: 'owner'},
	{id: 'list.sums', scope: 'workbench', chords: ['h'], does: 'add up by namespace, owner, node; and back', effect: 'ui', footer: 'sums'},
	{id: 'list.sort', scope: 'workbench', chords: ['s'], does: 'pick the column to sort by', effect: 'ui', footer: 'sort'},
	{id: 'list.reverse', scope: 'workbench', chords: ['S'], does: 'reverse the order', effect: 'ui'},
	{id: 'list.wide', scope: 'workbench', chords: ['w'], does: 'show all columns, or the usual ones', effect: 'ui', footer: 'wide'},
	{id: 'namespace.all', scope: 'workbench', chords: ['0'], does: 'show all namespaces', effect: 'ui'},
	{id: 'pane.next', scope: 'workbench', chords: ['tab'], does: 'go to the next pane: list, details, chart', effect: 'ui', footer: 'pane'},
	{id: 'pane.previous', scope: 'workbench', chords: ['shift-tab'], does: 'go to the pane before', effect: 'ui'},
	{id: 'pane.zoom', scope: 'workbench', chords: ['z'], does: 'give this pane the whole screen, or a part again', effect: 'ui', footer: 'zoom'},
	{id: 'time.pause', scope: 'workbench', chords: ['space'], does: 'hold the screen still, or go on live', effect: 'ui', footer: 'pause'},
	{id: 'time.changeBack', scope: 'workbench', chords: [','], does: 'replay: go back one change', effect: 'ui', needs: A_RECORDING},
	{id: 'time.changeOn', scope: 'workbench', chords: ['.'], does: 'replay: go on one change', effect: 'ui', needs: A_RECORDING},
	{id: 'time.secondsBack', scope: 'workbench', chords: ['('], does: 'replay: go back 10 seconds', effect: 'ui', needs: A_RECORDING},
	{id: 'time.secondsOn', scope: 'workbench', chords: [')'], does: 'replay: go on 10 seconds', effect: 'ui', needs: A_RECORDING},
	{id: 'time.minuteBack', scope: 'workbench', chords: ['{'], does: 'replay: go back a minute', effect: 'ui', needs: A_RECORDING},
	{id: 'time.minuteOn', scope: 'workbench', chords: ['}'], does: 'replay: go on a minute', effect: 'ui', needs: A_RECORDING, footer: '+1 min'},
	{id: 'time.slower', scope: 'workbench', chords: ['-'], does: 'replay: play slower', effect: 'ui', needs: A_RECORDING},
	{id: 'time.faster', scope: 'workbench', chords: ['+'], does: 'replay: play faster', effect: 'ui', needs: A_RECORDING, footer: 'faster'},
	{
		id: 'time.goTo',
		scope: 'workbench',
		chords: ['@'],
		does: 'replay: go to a time, to a mark, or (Enter alone) to the next change of the selected object',
		effect: 'ui',
		needs: A_RECORDING,
		footer: 'time',
	},
	{id: 'record.mark', scope: 'workbench', chords: ['m'], does: 'mark this moment, with a note', effect: 'ui', needs: A_CLUSTER, footer: 'mark'},
	{
		id: 'record.save',
		scope: 'workbench',
		chords: ['R'],
		does: 'record what was seen so far and go on; or stop',
		effect: 'ui',
		needs: A_CLUSTER,
		footer: 'record',
	},
	{id: 'app.palette', scope: 'workbench', chords: [':'], does: 'go to a tab, a namespace or an address by its name', effect: 'ui', footer: 'go to'},
	{id: 'tab.number', scope: 'workbench', chords: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], does: 'open the tab of this number', effect: 'ui'},
	{id: 'tab.before', scope: 'workbench', chords: ['<'], does: 'open the tab before', effect: 'ui'},
	{id: 'tab.after', scope: 'workbench', chords: ['>'], does: 'open the tab after', effect: 'ui'},
	{id: 'place.back', scope: 'workbench', chords: ['['], does: 'go to the place before', effect: 'ui'},
	{id: 'place.forward', scope: 'workbench', chords: [']'], does: 'go to the place after', effect: 'ui'},
	{id: 'session.retry', scope: 'workbench', chords: ['r'], does: 'try again now: a waiting connection, what is polled', effect: 'read'},
	{id: 'app.help', scope: 'workbench', chords: ['?'], does: 'show all keys', effect: 'ui', footer: 'help'},
	{
		id: 'app.back',
		scope: 'workbench',
		chords: ['esc'],
		does: 'one step back: clear the search or the filter, leave the pane, go to the place before',
		effect: 'ui',
		footer: 'back',
	},
	{id: 'app.leave', scope: 'workbench', chords: ['q'], does: 'as Esc, and when there is no step back, leave kwb', effect: 'ui', footer: 'quit'},
	{id: 'field.accept', scope: 'field', chords: ['enter'], does: 'take what is written or picked', effect: 'ui', footer: 'take'},
	{id: 'field.cancel', scope: 'field', chords: ['esc'], does: 'leave the field as it was before', effect: 'ui', footer: 'cancel'},
	{id: 'field.down', scope: 'field', chords: ['down', 'ctrl-n'], does: 'go down in the list below the field; to the next match', effect: 'ui', footer: 'next'},
	{id: 'field.up', scope: 'field', chords: ['up', 'ctrl-p'], does: 'go up in the list below the field; to the match before', effect: 'ui'},
	{id: 'field.complete', scope: 'field', chords: ['tab'], does: 'complete the name', effect: 'ui', footer: 'complete'},
	{id: 'field.backspace', scope: 'field', chords: ['backspace'], does: 'delete the character before; in an empty field, leave it', effect: 'ui'},
	{id: 'field.delete', scope: 'field', chords: ['delete', 'ctrl-d'], does: 'delete the character under the cursor', effect: 'ui'},
	{id: 'field.left', scope: 'field', chords: ['left', 'ctrl-b'], does: 'go back a character', effect: 'ui'},
	{id: 'field.right', scope: 'field', chords: ['right', 'ctrl-f'], does: 'go on a character', effect: 'ui'},
	{id: 'field.home', scope: 'field', chords: ['home', 'ctrl-a'], does: 'go to the start', effect: 'ui'},
	{id: 'field.end', scope: 'field', chords: ['end', 'ctrl-e'], does: 'go to the end', effect: 'ui'},
	{id: 'field.clear', scope: 'field', chords: ['ctrl-u'], does: 'delete up to the start', effect: 'ui'},
	{id: 'field.deleteWord', scope: 'field', chords: ['ctrl-w'], does: 'delete the word before', effect: 'ui'},
	{id: 'help.down', scope: 'help', chords: ['j', 'down'], does: 'scroll down a line', effect: 'ui', footer: 'down'},
	{id: 'help.up', scope: 'help', chords: ['k', 'up'], does: 'scroll up a line', effect: 'ui', footer: 'up'},
	{id: 'help.pageDown', scope: 'help', chords: ['pagedown', 'space', 'ctrl-f'], does: 'scroll down a page', effect: 'ui', footer: 'page'},
	{id: 'help.pageUp', scope: 'help', chords: ['pageup', 'ctrl-b'], does: 'scroll up a page', effect: 'ui'},
	{id: 'help.top', scope: 'help', chords: ['g', 'home'], does: 'go to the first line', effect: 'ui'},
	{id: 'help.bottom', scope: 'help', chords: ['G', 'end'], does: 'go to the last line', effect: 'ui'},
	{id: 'help.close', scope: 'help', chords: ['esc', 'q', '?', 'enter'], does: 'close the help', effect: 'ui', footer: 'close'},
	{id: 'confirm.yes', scope: 'confirm', chords: ['y', 'enter'], does: 'yes', effect: 'ui', footer: 'yes'},
	{id: 'confirm.no', scope: 'confirm', chords: ['n', 'esc', 'q'], does: 'no', effect: 'ui', footer: 'no'},
	{id: 'app.quit', scope: 'global', chords: ['ctrl-c'], does: 'leave kwb, from anywhere', effect: 'ui'},
	{id: 'app.redraw', scope: 'global', chords: ['ctrl-l'], does: 'draw the screen again', effect: 'ui'},
	{id: 'app.suspend', scope: 'global', chords: ['ctrl-z'], does: 'stop kwb and go back to the shell; fg brings it back', effect: 'ui'},
] as const satisfies readonly Command[];

export type CommandId = (typeof COMMANDS)[number]['id'];

/** A command of the table, with its id as one of ours. */
export type KnownCommand = Command & {readonly id: CommandId};
