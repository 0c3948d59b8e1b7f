import { type ErrorCode, FozError } from '../../core/index.ts';

/** The properties of a PostgreSQL error that Foz reads. */
export interface ServerError {
  readonly code?: string | undefined;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
  readonly routine?: string | undefined;
}

interface Meaning {
  readonly code: ErrorCode;
  /** One plain sentence without values. */
  readonly message: string | ((error: ServerError) => string);
}

const changed = (what: string): Meaning => ({
  code: 'not-found',
  message: `${what} that the request needs is not in the database any more: its schema has changed, refresh the catalog.`,
});
const on = ({ table }: ServerError) => (table === undefined ? '' : ` of "${table}"`);
const constraint = (what: string): Meaning => ({
  code: 'constraint-violation',
  message: (error) =>
    `The write would break ${what}${error.constraint === undefined ? '' : ` "${error.constraint}"`}${on(error)}.`,
});
const data = (message: string): Meaning => ({ code: 'data-exception', message });
const unavailable = (message: string): Meaning => ({ code: 'unavailable', message });
const conflict = (message: string): Meaning => ({ code: 'conflict', message });
const failed = data('A trigger or function of the database failed.');
const rule = constraint('a rule that a function of the database checks');

/** Error codes by SQLSTATE, or by its class (the first two characters). */
const meanings: Readonly<Record<string, Meaning>> = {
  '08': unavailable('The connection to the database was lost.'),
  '09': failed,
  '0A': { code: 'not-supported', message: 'The database cannot do this.' },
  '20': failed,
  '21': data(
    'Two rows of one upsert have the same key, or a function of the database found several rows where it needs one.',
  ),
  '22': data('A value does not fit its column, or the database could not compute with it.'),
  '22001': data('A text is too long for its column.'),
  '22003': data('A number is out of the range of its type.'),
  '22007': data('A date or time is not valid.'),
  '22008': data('A date or time is out of range.'),
  '22012': data('A division by zero.'),
  '22021': data('A text holds a character that the database cannot store.'),
  '2201B': data('A regular expression is not valid.'),
  '22P02': data('A value is not spelled as its type asks for.'),
  '22P05': data('A text holds a character that the database cannot store.'),
  '23': constraint('a constraint'),
  '23502': {
    code: 'constraint-violation',
    message: (error) => `Column "${error.column ?? ''}"${on(error)} must not be null.`,
  },
  '23503': constraint('the foreign key'),
  '23505': constraint('the unique constraint'),
  '23514': constraint('the check constraint'),
  '23P01': constraint('the exclusion constraint'),
  '25006': { code: 'not-supported', message: 'The database is read-only.' },
  '27': failed,
  '28': unavailable('The database refuses the user or the password that the source is configured with.'),
  '2F': failed,
  '38': failed,
  '39': failed,
  '3D000': unavailable('The database that the source is configured with does not exist on its server.'),
  '3F000': changed('A namespace'),
  '40': conflict('The transaction came into the way of another one and was rolled back.'),
  '40P01': conflict('The transaction was in a deadlock with another one and was rolled back.'),
  '42501': { code: 'access-denied', message: 'The database user of the source may not do this.' },
  '42703': changed('A column'),
  '42704': changed('A type'),
  '42804': changed('A column of the type'),
  '42883': changed('A function or operator'),
  '42P01': changed('A table'),
  '44': constraint('the check option of the view'),
  '53': unavailable('The database is out of resources.'),
  '53100': unavailable('The disk of the database is full.'),
  '53200': unavailable('The database is out of memory.'),
  '53300': unavailable('The database has no connection left.'),
  '54': { code: 'limit-exceeded', message: 'The statement is too large for the database.' },
  '55000': {
    code: 'not-supported',
    message:
      'The database cannot do this now: a materialized view was never refreshed, or a key is deferrable and cannot decide an upsert.',
  },
  '55006': conflict('The object is in use by another session.'),
  '55P03': conflict('A lock could not be had in time.'),
  '57': unavailable('The database is shutting down or was interrupted.'),
  '57014': { code: 'timeout', message: 'The statement was cancelled on the server.' },
  '58': unavailable('The database has a system error.'),
  P0: failed,
  P0001: rule,
};

/** Classes of SQLSTATE that PostgreSQL itself uses. Another class comes from a function of the database. */
const ownClasses = new Set(
  '00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44 53 54 55 57 58 72 F0 HV P0 XX'.split(
    ' ',
  ),
);

function meaningOf(state: string): Meaning | undefined {
  const group = state.slice(0, 2);
  return meanings[state] ?? meanings[group] ?? (ownClasses.has(group) ? undefined : rule);
}

/** Whether the code is that of a network error of Node: the server cannot be reached. */
function isNetwork(code: string | undefined): boolean {
  return (
    code === undefined ||
    /^E[A-Z]+$/.test(code) ||
    /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)
  );
}

/** Whether the code is a SQLSTATE: five digits and capitals. */
function isState(code: string | undefined): code is string {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code);
}

/** Any error of the driver or the server as a FozError. A FozError is returned unchanged. */
export function toFozError(error: unknown): FozError {
  if (error instanceof FozError) return error;
  const native = error as ServerError & { readonly name?: string };
  if (typeof native?.message !== 'string')
    return new FozError('unexpected', 'The database driver failed.', { internal: String(error) });
  if (isState(native.code)) return fromState(native.code, native);
  const facts = { internal: native.message || native.code, cause: error };
  return isNetwork(native.code) && native.name !== 'TypeError'
    ? new FozError('unavailable', 'The database cannot be reached.', facts)
    : new FozError('unexpected', 'The database driver failed.', facts);
}

function fromState(state: string, error: ServerError): FozError {
  const meaning = meaningOf(state);
  const internal = [`${error.message} (SQLSTATE ${state})`, error.detail, error.hint]
    .filter(Boolean)
    .join(' ');
  const details = {
    sqlstate: state,
    ...(error.schema === undefined ? {} : { namespace: error.schema }),
    ...(error.table === undefined ? {} : { table: error.table }),
    ...(error.column === undefined ? {} : { column: error.column }),
    ...(error.constraint === undefined ? {} : { constraint: error.constraint }),
  };
  if (meaning === undefined)
    return new FozError('unexpected', 'The database refused the statement.', {
      details,
      internal,
      cause: error,
    });
  const message = typeof meaning.message === 'string' ? meaning.message : meaning.message(error);
  return new FozError(meaning.code, message, { details, internal, cause: error });
}

/** Whether the server reported the error. Otherwise it is an error of the connection. */
export function isServerError(error: unknown): boolean {
  return isState((error as ServerError | undefined)?.code);
}

/** Whether the server ends the connection with this error. */
export function isEnding(error: unknown): boolean {
  return (error as ServerError).code?.startsWith('57P') ?? false;
}

/** Whether the prepared statement is outdated, missing, or already exists: it works when it is parsed again. */
export function isStale(error: unknown): boolean {
  const { code, routine } = error as ServerError;
  return (
    (code === '0A000' && routine === 'RevalidateCachedQuery') ||
    isUnknownStatement(error) ||
    isDuplicateStatement(error)
  );
}

/** Whether the server does not have the prepared statement. Most likely it has dropped all of them. */
export function isUnknownStatement(error: unknown): boolean {
  return (error as ServerError).code === '26000';
}

/** Whether the server connection already has a prepared statement of this name, from another client of the pooler. */
function isDuplicateStatement(error: unknown): boolean {
  return (error as ServerError).code === '42P05';
}

/** Whether a connection pooler may have sent the statement to another server connection than the one that prepared it. */
export function isMixedUp(error: unknown): boolean {
  return isUnknownStatement(error) || isDuplicateStatement(error);
}

/** Whether the server has no free connection. */
export function isFull(error: unknown): boolean {
  return (error as ServerError).code === '53300';
}
