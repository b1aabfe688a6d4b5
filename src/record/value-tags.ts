/** The first byte of a value says what it is (docs/recording.md, "Values"). */
export const TAG = {
	undefined: 0,
	null: 1,
	false: 2,
	true: 3,
	/** Signed whole number. */
	int: 4,
	/** Whole seconds from the segment's base. */
	seconds: 5,
	/** Milliseconds from the segment's base. */
	milliseconds: 6,
	/** Microseconds from the segment's base. */
	microseconds: 7,
	double: 8,
	/** A text that was there before, by number. */
	textKnown: 9,
	/** A text that gets the next number. */
	textNew: 10,
	/** A text without a number. */
	textOnce: 11,
	/** A text that is a whole decimal number: its distance from the last one. */
	decimal: 12,
	/** A text that is a UUID in lower case. */
	uuid: 13,
	array: 14,
	/** Gets the next number of maps. */
	mapNew: 15,
	mapKnown: 16,
	objectKnown: 17,
	/** An object whose keys are named here and get the next number of shapes. */
	objectNew: 18,
	float32: 19,
	/** Only where there is a value before: it stays. */
	same: 20,
	/** An object like the one before, but for some fields. */
	objectChanged: 21,
	/** An array like the one before, but for some elements and its length. */
	arrayChanged: 22,
	/** Up to 127: the whole numbers from 0. */
	firstSmallInt: 64,
	/** Up to 255: the first numbered texts. */
	firstSmallText: 128,
} as const;

export const SMALL_INTS = 64;
export const SMALL_TEXTS = 128;

/** Texts that get a number, at most, in a segment; later ones are written out. */
export const MOST_TEXTS = 1 << 16;
/** Longer texts (messages) get no number: they rarely come again, and compression finds them if they do. */
export const LONGEST_NUMBERED = 96;
/** Values nested deeper are malformed. */
export const DEEPEST = 64;

/** Times lie within so many milliseconds of the segment's base (20 years); others are plain numbers. */
export const TIME_RANGE_MS = 20 * 365 * 86_400_000;
