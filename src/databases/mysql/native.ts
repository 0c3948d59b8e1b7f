import { type Lexis, nativeSql } from '../../sql/index.ts';
import { exactLiteral, floatLiteral, textLiteral } from './literal.ts';
import { statementOf } from './template.ts';

const lexis: Lexis = {
  quotes: `'"\``,
  dollarQuotes: false,
  backslashes: 'unknown',
  hashComments: true,
  spacedDashes: true,
  nestedComments: false,
  livingComments: /\/\*M?!/y,
  placeholder: /\?/y,
};

/** Statements in MySQL's SQL. Values are written into the statement as literals that end where they should in every `sql_mode`. */
export const mysqlNative = nativeSql({
  lexis,
  longText: 'longtext',
  statement: statementOf,
  encode: (value) => {
    if (typeof value === 'string') return textLiteral(value);
    if (typeof value === 'boolean') return exactLiteral(value ? 1 : 0);
    return /^-?\d+(?:\.\d+)?$/.test(String(value)) ? exactLiteral(value) : floatLiteral(value);
  },
});
