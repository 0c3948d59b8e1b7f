import { type Lexis, nativeSql } from '../../sql/index.ts';
import { encode } from './values.ts';

const lexis: Lexis = {
  quotes: `'"`,
  dollarQuotes: true,
  backslashes: 'escapes',
  hashComments: false,
  spacedDashes: false,
  nestedComments: true,
  livingComments: null,
  placeholder: /\$\d/y,
};

/** Statements in PostgreSQL's SQL. The server infers the types of parameters. */
export const postgresNative = nativeSql({
  lexis,
  longText: 'text',
  statement: (pieces) => ({
    text: pieces.map((piece, index) => (index === 0 ? piece : `$${index}${piece}`)).join(''),
    slots: [],
    describes: true,
  }),
  encode: (value) => encode(value, { scalar: 'text', array: false }),
});
