import { type Lexis, nativeSql } from '../../sql/index.ts';
import { storableText } from './encode.ts';

const lexis: Lexis = {
  quotes: `'"\`[`,
  dollarQuotes: false,
  backslashes: 'plain',
  hashComments: false,
  spacedDashes: false,
  nestedComments: false,
  livingComments: null,
  placeholder: /\?|[@$#][A-Za-z_]/y,
};

/** Statements in SQLite's SQL. */
export const sqliteNative = nativeSql({
  lexis,
  longText: 'text',
  statement: (pieces) => ({ text: pieces.join('?'), slots: [], describes: true }),
  encode: (value) => (typeof value === 'string' ? storableText(value) : value),
});
