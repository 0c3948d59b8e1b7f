import { existsSync } from 'node:fs';
import { type ErrorCode, FozError, type FozErrorOptions } from '../../core/index.ts';
import { brokenCheck, brokenForeignKey, type WriteContext } from './broken.ts';

/** The error of an engine process: SQLite's extended result code, if any, and its text. `gone`: the process ended. */
export interface NativeError {
  readonly code: number | null;
  readonly message: string;
  readonly gone: boolean;
  /** Whether the process ended because the rows exceeded its heap. */
  readonly isFull?: boolean;
}

/** The context of an error. */
export interface ErrorContext {
  readonly file: string;
  /** Whether the file was being opened. */
  readonly opening?: boolean;
  /** Name of the key of a table with these columns, as introspection read it. */
  readonly keyName?: (table: string, columns: readonly string[]) => string | undefined;
  /** Absent: the statement does not write. */
  readonly write?: WriteContext;
}

type Details = FozErrorOptions['details'];
type Spelled = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: (text: string, context: ErrorContext) => Details;
};

const refresh =
  'the schema of the database has changed since it was read: refresh the source, then ask again';

/** Error codes by result code. The extended code is looked up first, then its lower 8 bits. */
const codes: Readonly<Record<number, Spelled>> = {
  4: { code: 'conflict', message: 'The statement was aborted by another one on its connection.' },
  5: {
    code: 'conflict',
    message: 'Another process kept the database locked for longer than the busy timeout: try again.',
  },
  6: { code: 'conflict', message: 'A table was locked by another connection: try again.' },
  7: { code: 'unavailable', message: 'The database ran out of memory.' },
  8: { code: 'not-supported', message: 'The database is open for reading only.' },
  9: { code: 'timeout', message: 'The statement was interrupted.' },
  10: { code: 'unavailable', message: 'Reading or writing the file of the database failed.' },
  11: { code: 'unavailable', message: 'The file of the database is damaged.' },
  13: { code: 'unavailable', message: 'The disk of the database is full; nothing was written.' },
  14: {
    code: 'unavailable',
    message: 'The file of the database cannot be opened.',
  },
  15: { code: 'conflict', message: 'The database could not be locked: try again.' },
  17: { code: 'not-found', message: `A table or column does not exist: ${refresh}.` },
  18: { code: 'limit-exceeded', message: 'A text, a blob or the statement is longer than SQLite allows.' },
  19: {
    code: 'constraint-violation',
    message: 'A constraint of the database refused the write.',
    details: () => ({ kind: 'constraint' }),
  },
  20: { code: 'data-exception', message: 'A value does not fit the type of its column.' },
  23: { code: 'access-denied', message: 'The database refused the statement.' },
  25: { code: 'unexpected', message: 'The number of values does not fit the statement.' },
  26: { code: 'unavailable', message: 'The file is not a SQLite database.' },
  275: {
    code: 'constraint-violation',
    message: 'A check constraint of the database refused the write.',
    details: (text, { write }) => ({ kind: 'check', ...checkOf(text, write) }),
  },
  787: {
    code: 'constraint-violation',
    message:
      'A foreign key refused the write: the row it refers to does not exist, or other rows refer to this one.',
    details: (_, { write }) => ({ kind: 'foreign key', ...brokenForeignKey(write) }),
  },
  1299: {
    code: 'constraint-violation',
    message: 'A column that must have a value got none.',
    details: (text) => columnsOf(text, 'not null'),
  },
  1555: {
    code: 'constraint-violation',
    message: 'A row with the same primary key exists already.',
    details: (text, context) => columnsOf(text, 'primary key', context),
  },
  1811: {
    code: 'constraint-violation',
    message: 'A trigger of the database refused the write.',
    details: () => ({ kind: 'trigger' }),
  },
  2067: {
    code: 'constraint-violation',
    message: 'A row with the same values in a unique key exists already.',
    details: (text, context) => columnsOf(text, 'unique', context),
  },
  2579: {
    code: 'constraint-violation',
    message: 'A row with the same primary key exists already.',
    details: (text, context) => columnsOf(text, 'primary key', context),
  },
  3091: {
    code: 'data-exception',
    message: 'A value does not fit the type of its column.',
    details: (text) => ({ kind: 'type', ...strictColumn(text) }),
  },
};

/** Errors with the generic code 1 by their text. Errors of Foz's own functions and of the package have no code at all. */
const texts: readonly (readonly [RegExp, Spelled])[] = [
  [
    /no such (?:table|column|view|index)|has no column named|no tables specified/,
    { code: 'not-found', message: `A table or column does not exist: ${refresh}.` },
  ],
  [/integer overflow/, { code: 'data-exception', message: 'A number went beyond 64 bits.' }],
  [
    /malformed JSON|JSON path|JSON cannot hold|LIKE or GLOB pattern too complex|^foz: |too large to be represented/,
    { code: 'data-exception', message: 'The database could not compute with a value.' },
  ],
  [
    /^too many |Expression tree is too large|parser stack overflow|string or blob too big/,
    { code: 'limit-exceeded', message: 'The statement is larger than SQLite allows: ask for less at once.' },
  ],
  [
    /database schema is locked|database is locked/,
    { code: 'conflict', message: 'The database was locked: try again.' },
  ],
  [/^out of memory/, codes[7]!],
  [/attempt to write a readonly database/, codes[8]!],
  [/^interrupted/, codes[9]!],
  [/disk I\/O error/, codes[10]!],
  [/database disk image is malformed/, codes[11]!],
  [/database or disk is full/, codes[13]!],
  [/unable to open database file/, codes[14]!],
];

/** The beginning of SQLite's message for each kind of constraint, and its extended code. */
const constraints: readonly (readonly [start: string, code: number])[] = [
  ['UNIQUE constraint failed', 2067],
  ['FOREIGN KEY constraint failed', 787],
  ['NOT NULL constraint failed', 1299],
  ['CHECK constraint failed', 275],
];

const unknown: Spelled = { code: 'unexpected', message: 'The database refused the statement.' };

/** A FozError for an error of SQLite. SQLite's own text is only in `internal`. */
export function sqliteError(error: NativeError, context: ErrorContext): FozError {
  const spelled = spell(error, context);
  const code = error.code === null ? '' : `SQLite ${error.code}, `;
  const missing = spelled === codes[14] && context.opening === true && !existsSync(context.file);
  return new FozError(spelled.code, spelled.message, {
    details: spelled.details?.(error.message, context),
    internal: missing
      ? `There is no file ${context.file}: correct the path of the source, which starts at the folder of its configuration file.`
      : `${code}${context.file}: ${error.message}`,
  });
}

function spell(error: NativeError, context: ErrorContext): Spelled {
  if (error.isFull === true)
    return {
      code: 'limit-exceeded',
      message: 'The rows are more than can be held: ask for fewer rows or fields.',
    };
  if (error.gone) {
    return { code: 'unavailable', message: 'The process that works on the database ended.' };
  }
  const { code } = error;
  if (code !== null && code !== 1) return codes[code] ?? codes[code & 255] ?? unknown;
  // Statements that return rows fail without an extended code.
  const constraint = constraints.find(([start]) => error.message.startsWith(start));
  if (constraint !== undefined) return codes[constraint[1]]!;
  const known = texts.find(([pattern]) => pattern.test(error.message))?.[1];
  if (known !== undefined) return known;
  return context.opening ? codes[14]! : unknown;
}

/** `UNIQUE constraint failed: orders.customer_id, orders.number` */
function columnsOf(text: string, kind: string, context?: ErrorContext): Details {
  const listed = /constraint failed: (.*)$/s.exec(text)?.[1] ?? '';
  if (/^index '/.test(listed)) return { kind, constraint: listed.slice(7, -1) };
  const names = listed.split(', ').map((name) => [name.indexOf('.'), name] as const);
  if (names.some(([dot]) => dot < 0)) return { kind };
  const [dot, first] = names[0]!;
  const table = first.slice(0, dot);
  const columns = names.map(([at, name]) => name.slice(at + 1));
  const constraint = context?.keyName?.(table, columns);
  return { kind, table, columns, ...(constraint === undefined ? {} : { constraint }) };
}

/** The broken check. For a check without a name SQLite reports its expression, which is left out. */
function checkOf(text: string, write: WriteContext | undefined): ReturnType<typeof brokenCheck> {
  const said = /^CHECK constraint failed: (.*)$/s.exec(text)?.[1] ?? '';
  return brokenCheck(/^[\p{L}\p{N}_ -]+$/u.test(said) ? said : undefined, said, write);
}

/** `cannot store TEXT value in INTEGER column orders.total` */
function strictColumn(text: string): { readonly table?: string; readonly columns?: readonly string[] } {
  const match = / column ([^.]+)\.(.+)$/s.exec(text);
  return match === null ? {} : { table: match[1], columns: [match[2]!] };
}
