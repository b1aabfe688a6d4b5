/** What the shell is told. */
export const EXIT = {fine: 0, failure: 1, usage: 2, noAccess: 3} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
