// Writes docs/keys.md from the table of commands. A test fails while the two differ.
import {writeFileSync} from 'node:fs';
import {builtinKeymap} from '../src/keymap/keymap.ts';
import {keymapMarkdown} from '../src/keymap/keymap-markdown.ts';

writeFileSync(new URL('../docs/keys.md', import.meta.url), keymapMarkdown(builtinKeymap()));
