/** A line of text being written. */
export type TextField = {
	readonly text: string;
	/** Where the next character goes, in code points from the start. */
	readonly cursor: number;
};

export const EMPTY_FIELD: TextField = {text: '', cursor: 0};

/** A field that holds this text, with the cursor behind it. */
export function fieldOf(text: string): TextField {
	return {text, cursor: Array.from(text).length};
}

/** Puts text where the cursor is. Line ends and control characters, as a paste may bring them, become spaces. */
export function insertText(field: TextField, text: string): TextField {
	const added = Array.from(text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' '));
	const points = Array.from(field.text);
	return {text: [...points.slice(0, field.cursor), ...added, ...points.slice(field.cursor)].join(''), cursor: field.cursor + added.length};
}

export type FieldEdit = 'backspace' | 'delete' | 'left' | 'right' | 'home' | 'end' | 'clear' | 'deleteWord';

/** One editing key. */
export function editField(field: TextField, edit: FieldEdit): TextField {
	const points = Array.from(field.text);
	const {cursor} = field;
	switch (edit) {
		case 'backspace':
			return cut(points, cursor - 1, cursor);
		case 'delete':
			return cut(points, cursor, cursor + 1);
		case 'left':
			return {...field, cursor: Math.max(0, cursor - 1)};
		case 'right':
			return {...field, cursor: Math.min(points.length, cursor + 1)};
		case 'home':
			return {...field, cursor: 0};
		case 'end':
			return {...field, cursor: points.length};
		case 'clear':
			return cut(points, 0, cursor);
		case 'deleteWord': {
			let start = cursor;
			while (start > 0 && points[start - 1] === ' ') start--;
			while (start > 0 && points[start - 1] !== ' ') start--;
			return cut(points, start, cursor);
		}
	}
}

function cut(points: readonly string[], from: number, to: number): TextField {
	const start = Math.max(0, from);
	return {text: [...points.slice(0, start), ...points.slice(to)].join(''), cursor: start};
}
