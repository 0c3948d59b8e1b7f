import { type ErrorCode, FozError } from '../../core/index.ts';
import { Unanswered } from '../../sql/index.ts';

/** The properties of an error of the driver or the server that Foz reads. */
interface NativeError {
  /** The server's number; absent for errors of the network and the driver. */
  readonly number?: number | undefined;
  readonly code?: string | undefined;
  readonly message: string;
}

type Details = Readonly<Record<string, string>>;

interface Meaning {
  readonly code: ErrorCode;
  /** One plain sentence without values. */
  readonly message: string | ((details: Details) => string);
  /** Reads the names in the server's message. */
  readonly names?: (text: string) => Details;
}

const changed = (what: string): Meaning => ({
  code: 'not-found',
  message: `${what} that the request needs is not in the database any more: its schema has changed, refresh the catalog.`,
});
const data = (message: string): Meaning => ({ code: 'data-exception', message });
const unavailable = (message: string): Meaning => ({ code: 'unavailable', message });
const conflict = (message: string): Meaning => ({ code: 'conflict', message });
const unsupported = (message: string): Meaning => ({ code: 'not-supported', message });

function named(patterns: Readonly<Record<string, RegExp>>): NonNullable<Meaning['names']> {
  return (text) =>
    Object.fromEntries(
      Object.entries(patterns).flatMap(([key, pattern]) => {
        const name = pattern.exec(text)?.[1];
        return name === undefined ? [] : [[key, name]];
      }),
    );
}

const constraint = (what: string, names: NonNullable<Meaning['names']>): Meaning => ({
  code: 'constraint-violation',
  message: ({ constraint: name }) =>
    `The write would break ${what}${name === undefined ? '' : ` "${name}"`}.`,
  names,
});

const unique = constraint(
  'the unique constraint',
  named({
    // The server puts the schema before the table, and values that may hold any text at the end.
    constraint: /^Violation of (?:UNIQUE|PRIMARY) KEY constraint '(.*?)'\. /,
    table: /object '(?:[^'.]*\.)?(.*?)'/,
  }),
);
const uniqueIndex = constraint(
  'the unique constraint',
  named({ constraint: /with unique index '(.*?)'\. /, table: /object '(?:[^'.]*\.)?(.*?)'/ }),
);
const related = constraint(
  'the constraint',
  named({ constraint: /constraint "(.*?)"\. /, table: /table "(?:[^".]*\.)?(.*?)"/ }),
);
const notNull: Meaning = {
  code: 'constraint-violation',
  message: ({ column }) => `Column "${column ?? ''}" must have a value.`,
  names: named({ column: /into column '(.*?)', table/ }),
};
const denied: Meaning = {
  code: 'access-denied',
  message: 'The database user of the source may not do this.',
};
const large: Meaning = {
  code: 'limit-exceeded',
  message: 'The statement is too large for the database: ask for less at once.',
};
const outOfRange = data('A number is out of the range of its column.');
const spelled = data('A value is not spelled as its type asks for.');
const readOnly = unsupported('A column cannot be written: the database computes its value.');
const refused = unavailable(
  'The database refuses the user or the password that the source is configured with.',
);
const busy = unavailable('The database is busy or moves to another machine: try again.');
const raced = conflict('A row was changed by somebody else since the transaction had begun.');
const doomed = conflict('The transaction was rolled back by the database.');

const each = (meaning: Meaning, ...numbers: readonly number[]) =>
  Object.fromEntries(numbers.map((number) => [number, meaning]));

/** Error codes by the server's number ("Database engine events and errors"). */
const meanings: Readonly<Record<number, Meaning>> = {
  2627: unique,
  2601: uniqueIndex,
  547: related,
  515: notNull,
  550: constraint('the check option of the view', () => ({})),
  ...each(data('A text is too long for its column.'), 2628, 8152),
  ...each(outOfRange, 220, 232, 244, 248, 517, 8115),
  ...each(spelled, 241, 242, 245, 295, 8114, 8169, 9807),
  8134: data('A division by zero.'),
  ...each(data('A JSON value or a path into one is not valid.'), 13607, 13608, 13609, 13610),
  ...each(denied, 229, 230, 262, 297, 300, 916),
  ...each(changed('A table'), 208, 2812),
  ...each(changed('A column'), 207, 4104),
  ...each(
    unsupported('Values of these types or collations cannot be compared.'),
    206,
    257,
    305,
    306,
    402,
    468,
  ),
  ...each(readOnly, 271, 272, 273, 339, 544, 545, 8102, 13536, 13537),
  1088: denied,
  ...each(large, 191, 8003, 8623, 8632, 701),
  1205: conflict('The transaction was in a deadlock with another one and was rolled back.'),
  1222: conflict('The statement waited too long for a lock, and was given up.'),
  ...each(raced, 3960, 3961, 41301, 41302, 41305, 41325, 41839),
  // "MSSQLSERVER_41332", "_41359" and "_41368": such tables have rules of their own for transactions.
  ...each(
    unsupported(
      'A memory-optimized table cannot be read or written in one transaction with others: ask for it alone, or set MEMORY_OPTIMIZED_ELEVATE_TO_SNAPSHOT for the database.',
    ),
    41332,
    41359,
    41368,
  ),
  3952: unsupported('The database does not allow snapshot isolation.'),
  3609: constraint('a rule that a trigger of the database checks', () => ({})),
  ...each(doomed, 3930, 3998),
  3906: unsupported('The database is read-only.'),
  1105: unavailable('The disk of the database is full, or has failed.'),
  9002: unavailable('The log of the database is full.'),
  ...each(refused, 18456, 18452, 18486, 18487, 18488),
  ...each(
    unavailable(
      'The database that the source is configured with does not exist on its server, or may not be used.',
    ),
    4060,
    911,
    40615,
  ),
  ...each(busy, 40197, 40501, 40613, 49918, 49919, 49920, 4221, 615, 10928, 10929, 17809, 17810),
  ...each(unavailable('The server shuts down.'), 6005, 596),
};

/** A trigger or procedure raised an error of its own (RAISERROR and THROW). */
const raised = constraint('a rule that a trigger or procedure of the database checks', () => ({}));
const firstOwnNumber = 50_000;

/** Codes of the driver for a connection that is gone. */
const lostCodes: ReadonlySet<string> = new Set([
  'ESOCKET',
  'ECLOSE',
  'ETIMEOUT',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
]);

/** The errors of the server behind one of the driver: where there are several, the driver wraps them. */
function parts(error: unknown): readonly NativeError[] {
  const { errors } = error as { readonly errors?: unknown };
  return Array.isArray(errors) && errors.length > 0 ? (errors as NativeError[]) : [error as NativeError];
}

/** Whether the connection is gone. */
export function isLost(error: unknown): boolean {
  if (error instanceof FozError) return error instanceof Unanswered;
  const all = parts(error);
  return all.every(({ number }) => number === undefined) && all.some(({ code }) => lostCodes.has(code ?? ''));
}

/** Any error of the driver or the server as a FozError. A FozError is returned unchanged. */
export function toFozError(error: unknown): FozError {
  if (error instanceof FozError) return error;
  const all = parts(error);
  const [first] = all;
  if (typeof first?.message !== 'string')
    return new FozError('unexpected', 'The database driver failed.', { internal: String(error) });
  const known = all.find(({ number }) => number !== undefined && meanings[number] !== undefined);
  const numbered = known ?? all.find(({ number }) => number !== undefined);
  if (numbered !== undefined) return fromNumber(numbered.number!, numbered, error);
  const facts = { internal: [first.code, first.message].filter(Boolean).join(': '), cause: error };
  if (first.code === 'EENCRYPT')
    return new FozError(
      'unavailable',
      'The server and the source do not agree on encryption: see `encrypt` in the URL of the source.',
      facts,
    );
  if (first.code === 'ELOGIN' || first.code === 'EFEDAUTH')
    return new FozError('unavailable', refused.message as string, facts);
  if (first.code === 'EINSTLOOKUP')
    return new FozError('unavailable', 'The named instance of the server was not found.', facts);
  return isLost(error)
    ? new Unanswered('unavailable', 'The connection to the database was lost.', facts)
    : new FozError('unexpected', 'The database driver failed.', facts);
}

/** Any error of connecting as a FozError `unavailable`. */
export function toConnectError(error: unknown): FozError {
  const failure = toFozError(error);
  if (failure.code === 'unavailable' && !(failure instanceof Unanswered)) return failure;
  return new FozError('unavailable', 'The database cannot be reached.', {
    internal: failure.internal ?? failure.message,
    cause: error,
  });
}

function fromNumber(number: number, { message }: NativeError, cause: unknown): FozError {
  const meaning = meanings[number] ?? (number >= firstOwnNumber && number < 10_000_000 ? raised : undefined);
  const names = meaning?.names?.(message) ?? {};
  const facts = { details: { number, ...names }, internal: `${message} (error ${number})`, cause };
  if (meaning === undefined) return new FozError('unexpected', 'The database refused the statement.', facts);
  const text = typeof meaning.message === 'string' ? meaning.message : meaning.message(names);
  return new FozError(meaning.code, text, facts);
}

/** Whether the server ends the connection with this error. */
export function isEnding(error: unknown): boolean {
  return isLost(error) || parts(error).some(({ number }) => number === 596 || number === 6005);
}

/** Whether the server has no free connection. */
export function isFull(error: unknown): boolean {
  return parts(error).some(({ number }) => number === 10928 || number === 17809 || number === 17810);
}
