declare const brand: unique symbol;

/** A number or string that remembers what it measures. Free at run time. */
export type Brand<T, Name extends string> = T & {readonly [brand]: Name};
