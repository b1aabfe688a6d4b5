/** How something is meant; only the theme knows what it looks like. */
export type Tone = 'plain' | 'muted' | 'good' | 'warn' | 'bad' | 'accent' | 'title' | 'selected' | 'key' | 'match';
