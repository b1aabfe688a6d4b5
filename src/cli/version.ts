/** Replaced when the bundle is made. */
declare const KWB_VERSION: string | undefined;

/** The version of this program, as package.json has it. */
export const VERSION: string = typeof KWB_VERSION === 'string' ? KWB_VERSION : '0.0.0-development';
