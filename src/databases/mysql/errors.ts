import { type ErrorCode, FozError } from '../../core/index.ts';
import { Unanswered } from '../../sql/index.ts';

/** The properties of an error of the driver or the server that Foz reads. */
export interface NativeError {
  /** The server's number; absent or no number for errors of the network. */
  readonly errno?: number | string | undefined;
  readonly code?: string | undefined;
  readonly message: string;
  readonly sqlState?: string | undefined;
}

type Details = Readonly<Record<string, string>>;

interface Meaning {
  readonly code: ErrorCode;
  /** One plain sentence without values. */
  readonly message: string | ((details: Details) => string);
  /** Reads the names in the server's message. */
  readonly names?: (text: string, written: string | null) => Details;
}

const changed = (what: string): Meaning => ({
  code: 'not-found',
  message: `${what} that the request needs is not in the database any more: its schema has changed, refresh the catalog.`,
});
const constraint = (what: string, names: Meaning['names'] = () => ({})): Meaning => ({
  code: 'constraint-violation',
  message: ({ constraint: name }) =>
    `The write would break ${what}${name === undefined ? '' : ` "${name}"`}.`,
  names,
});
const notNull = (pattern: RegExp): Meaning => ({
  code: 'constraint-violation',
  message: ({ column }) => `Column "${column ?? ''}" must have a value.`,
  names: named('column', pattern),
});
const data = (message: string): Meaning => ({ code: 'data-exception', message });
const unavailable = (message: string): Meaning => ({ code: 'unavailable', message });
const conflict = (message: string): Meaning => ({ code: 'conflict', message });
const timeout = (message: string): Meaning => ({ code: 'timeout', message });
const unsupported = (message: string): Meaning => ({ code: 'not-supported', message });
const denied: Meaning = {
  code: 'access-denied',
  message: 'The database user of the source may not do this.',
};
const large: Meaning = {
  code: 'limit-exceeded',
  message: 'The statement is too large for the database: ask for less at once.',
};

function named(key: string, ...patterns: readonly RegExp[]): NonNullable<Meaning['names']> {
  return (text) => {
    const found = patterns.map((pattern) => pattern.exec(text)?.[1]).find((name) => name !== undefined);
    return found === undefined ? {} : { [key]: found.replaceAll('``', '`') };
  };
}

/**
 * The name of the violated key. The value before it in the message may contain any text. MySQL puts the table before the name. Every primary
 * key is called PRIMARY, so it is named after its table, as in the catalog.
 */
function keyName(text: string, written: string | null): Details {
  if (!text.includes(" for key '") || !text.endsWith("'")) return {};
  const full = text.slice(text.lastIndexOf(" for key '") + 10, -1);
  const dot = full.indexOf('.');
  const table = written ?? (dot < 0 ? null : full.slice(0, dot));
  if (table === null) return { constraint: full };
  const name = full.startsWith(`${table}.`) ? full.slice(table.length + 1) : full;
  return { table, constraint: name === 'PRIMARY' ? `${table}_pkey` : name };
}

/** The table that one of Foz's statements writes. */
function writtenTable(statement: string | undefined): string | null {
  const found = /^(?:insert into|update|delete from) (?:`(?:[^`]|``)*`\.)?`((?:[^`]|``)*)`/.exec(
    statement ?? '',
  );
  return found === null ? null : found[1]!.replaceAll('``', '`');
}

/** MariaDB's check: it puts the table before the name where the check belongs to a column. */
function checkOfTable(text: string, written: string | null): Details {
  const names = /^CONSTRAINT `((?:[^`]|``)*)` failed for `(?:[^`]|``)*`\.`((?:[^`]|``)*)`/.exec(text);
  if (names === null) return named('constraint', /^CONSTRAINT `((?:[^`]|``)*)` failed/)(text, written);
  const [full, table] = [names[1]!.replaceAll('``', '`'), names[2]!.replaceAll('``', '`')];
  return { table, constraint: full.startsWith(`${table}.`) ? full.slice(table.length + 1) : full };
}

const foreignKeyName = named('constraint', /CONSTRAINT `((?:[^`]|``)*)` FOREIGN KEY/);
const foreignKeyTable = named('table', /fails \(`(?:[^`]|``)*`\.`((?:[^`]|``)*)`/);
/** A foreign key of the written table, or of another table that refers to the written rows. */
const foreignKey = constraint('the foreign key', (text, written) => ({
  ...foreignKeyTable(text, written),
  ...foreignKeyName(text, written),
}));
const fits = data('A value does not fit its column.');
const spelled = data('A value is not spelled as its type asks for.');
const computed = data('A value does not fit its column, or the database could not compute with it.');
const failed = data('A trigger or function of the database failed.');
const json = data('A JSON value or a path into one is not valid.');
const pattern = data('A regular expression is not valid, or takes too long.');
const shape = data('A geometry is not valid.');
const lost = unavailable('The connection to the database was lost.');
const ending = unavailable('The connection to the database was lost: its server ended it.');
const refused = unavailable(
  'The database refuses the user or the password that the source is configured with.',
);
const full = unavailable('The database has no connection left for this source.');
const disk = unavailable('The disk of the database is full, or has failed.');
const memory = unavailable('The database is out of memory.');
const readOnly = unsupported('The database is read-only.');
const fixed = unsupported('A view or a column of it cannot be written.');
const interrupted = timeout('The statement was cancelled on the server.');
const mixed = unsupported('Texts of different collations cannot be compared.');

const each = (meaning: Meaning, ...numbers: readonly number[]) =>
  Object.fromEntries(numbers.map((number) => [number, meaning]));
/** Error codes by the server's error number. MySQL and MariaDB share the numbers below 1900; higher numbers belong to one of them. */
const meanings: Readonly<Record<number, Meaning>> = {
  ...each(constraint('the unique constraint', keyName), 1022, 1062, 1169, 1557, 1586, 1859),
  ...each(foreignKey, 1216, 1217, 1451, 1452, 1761, 1762),
  3819: constraint('the check constraint', named('constraint', /^Check constraint '(.*)' is violated/s)),
  4025: constraint('the check constraint', checkOfTable),
  1048: notNull(/^Column '(.*)' cannot be null/s),
  1364: notNull(/^Field '(.*)' doesn't have a default/s),
  1263: notNull(/column '(.*)' at row/s),
  1369: constraint('the check option of the view'),
  1644: constraint('a rule that a trigger or procedure of the database checks'),
  1264: data('A number is out of the range of its column.'),
  1690: data('A number is out of the range of its type.'),
  1406: data('A text is too long for its column.'),
  1365: data('A division by zero.'),
  ...each(fits, 1265, 1366, 1367),
  ...each(spelled, 1292, 1411, 1525, 1300),
  ...each(computed, 1210, 1582, 1441, 1919, 3854, 3903, 3904),
  ...each(failed, 1172, 1242, 1329, 1339, 1424, 1442, 1456),
  ...each(json, 3069, ...Array.from({ length: 24 }, (_, index) => 3140 + index), 3165, 3853),
  ...each(json, 4036, 4037, 4038, 4039, 4040, 4041, 4042, 4043, 4044),
  ...each(pattern, 1139, ...Array.from({ length: 16 }, (_, index) => 3684 + index)),
  ...each(
    shape,
    1416,
    3033,
    3036,
    3037,
    3055,
    3060,
    3072,
    3073,
    3074,
    3075,
    3076,
    3516,
    3548,
    3616,
    3617,
    3643,
    3732,
  ),
  ...each(mixed, 1267, 1270, 1271),
  ...each(changed('A table'), 1051, 1109, 1146, 1356, 1932),
  // The table was altered after the snapshot of the request was taken: reading the source again and repeating the request helps.
  1412: {
    code: 'not-found',
    message:
      'A table that the request needs is not in the database any more as it was: its schema has changed, refresh the catalog.',
  },
  ...each(changed('A column'), 1054, 1247),
  ...each(changed('A namespace'), 1049),
  ...each(changed('A function'), 1305, 1630),
  1419: {
    code: 'access-denied',
    message:
      'While the server writes a binlog, creating triggers takes the right SUPER, or the setting log_bin_trust_function_creators = 1.',
  },
  ...each(denied, 1044, 1142, 1143, 1227, 1370),
  ...each(refused, 1045, 1251, 1275, 1396, 1524, 1698, 1820, 1862, 3118, 3159, 3955, 4151),
  ...each(full, 1040, 1129, 1130, 1203, 1226),
  ...each(ending, 1053, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1189, 1190, 1927, 3169, 3032, 4031),
  1047: unavailable('The database node is not ready.'),
  ...each(memory, 1037, 1038, 1041, 1135),
  ...each(disk, 1021, 1026, 1030, 1034, 1114, 1194, 1195, 1877, 3019, 3675),
  ...each(conflict('The statement waited too long for a lock, and was given up.'), 1205, 3058, 3572, 3960),
  ...each(
    conflict('The transaction was in a deadlock with another one and was rolled back.'),
    1213,
    1614,
    3101,
  ),
  1020: conflict('A row was changed by somebody else since the transaction had begun.'),
  ...each(interrupted, 1317, 1907),
  ...each(timeout('The statement ran longer than the database allows.'), 1969, 3024),
  ...each(readOnly, 1223, 1290, 1792, 1836, 3100),
  ...each(fixed, 1288, 1348, 1393, 1394, 1395, 1423, 1471, 1906, 3105, 4127),
  ...each(large, 1116, 1117, 1118, 1153, 1301, 1390, 1436, 1461, 3170),
};

/** Error codes while connecting: a database that does not exist or may not be used makes the source unavailable. */
const connecting: Readonly<Record<number, Meaning>> = {
  1044: unavailable(
    'The user that the source is configured with has no right to its database: grant it some (grant select on the database to the user), or correct the database in the URL.',
  ),
  1049: unavailable('The database that the source is configured with does not exist on its server.'),
};

/** Any error of the driver or the server as a FozError. A FozError is returned unchanged. `statement`: the text that was run. */
export function toFozError(error: unknown, phase: 'connect' | 'run' = 'run', statement?: string): FozError {
  if (error instanceof FozError) return error;
  const native = error as NativeError & { readonly fatal?: boolean };
  if (typeof native?.message !== 'string')
    return new FozError('unexpected', 'The database driver failed.', { internal: String(error) });
  if (typeof native.errno === 'number' && native.sqlState !== undefined)
    return fromNumber(native.errno, native, phase, writtenTable(statement));
  const facts = { internal: [native.code, native.message].filter(Boolean).join(': '), cause: error };
  if (native.code === undefined && native.fatal !== true)
    return new FozError('unexpected', 'The database driver failed.', facts);
  return phase === 'connect'
    ? new FozError('unavailable', 'The database cannot be reached.', facts)
    : new Unanswered('unavailable', 'The connection to the database was lost.', facts);
}

function fromNumber(
  number: number,
  error: NativeError,
  phase: 'connect' | 'run',
  written: string | null,
): FozError {
  const meaning =
    (phase === 'connect' ? connecting[number] : undefined) ?? meanings[number] ?? byState(error.sqlState);
  const names = meaning?.names?.(error.message, written) ?? {};
  const facts = {
    details: { errno: number, ...names },
    internal: `${error.message} (error ${number}, SQLSTATE ${error.sqlState ?? '?'})`,
    cause: error,
  };
  if (meaning === undefined) {
    return phase === 'connect'
      ? new FozError('unavailable', 'The database refuses the connection.', facts)
      : new FozError('unexpected', 'The database refused the statement.', facts);
  }
  return new FozError(
    meaning.code,
    typeof meaning.message === 'string' ? meaning.message : meaning.message(names),
    facts,
  );
}

const classes: Readonly<Record<string, Meaning>> = {
  '08': lost,
  '22': computed,
  '23': constraint('a constraint'),
  '28': refused,
  '40': conflict('The transaction came into the way of another one and was rolled back.'),
  '45': constraint('a rule that a trigger or procedure of the database checks'),
  '70': interrupted,
};

function byState(state: string | undefined): Meaning | undefined {
  return classes[state?.slice(0, 2) ?? ''];
}

/** Whether the server ends the connection with this error. */
export function isEnding(error: unknown): boolean {
  const { errno } = error as NativeError;
  return typeof errno === 'number' && meanings[errno] === ending;
}

/** Whether the server has no free connection. */
export function isFull(error: unknown): boolean {
  const { errno } = error as NativeError;
  return errno === 1040 || errno === 1203 || errno === 1226;
}
