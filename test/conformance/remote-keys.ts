import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import type { SourceName } from '../../src/core/index.ts';
import { connectPglite } from '../../src/databases/pglite/index.ts';
import type { Connector } from '../../src/plan/index.ts';
import { sourceName } from '../support/cases/instance.ts';
import { connect as connectPast } from '../support/connect.ts';
import { testEngines } from '../support/engine/index.ts';
import { availability, type Engine, engines, isServer, serverUrl } from '../support/engines.ts';
import type { Dice } from './dice.ts';

/** A column of the table of keys: its declaration on an engine, and its values as SQL literals. */
export interface KeyColumn {
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
}

const quoted = (texts: readonly string[]) => texts.map((text) => `'${text.replaceAll("'", "''")}'`);

/** Texts that some collations treat as equal, and texts that are values of other types. */
const texts = quoted([
  'fr',
  'FR',
  'Fr',
  'fr ',
  ' fr',
  'e',
  'é',
  'e\u0301',
  'É',
  'ss',
  'ß',
  '',
  ' ',
  'ſ',
  'K',
  'k',
  '\u212a',
  '😀',
  'ı',
  'I',
  'i',
  'İ',
  'a\tb',
  "it's",
  '%',
  '198.24.10.0',
  '::1',
  '0:0:0:0:0:0:0:1',
  '0101',
  '101',
  '0b000000-0000-4000-8000-00000000000a',
  '0B000000-0000-4000-8000-00000000000A',
  '0b000000000040008000000000000000000a',
  'low',
  'LOW',
  'high',
  'true',
  '2024-02-29',
]);
const ascii = texts.filter((text) => /^[ -~]*$/.test(text));
const short = texts.filter((text) => [...text].length <= 8);
const uuids = quoted([
  '0b000000-0000-4000-8000-00000000000a',
  '0b000000-0000-4000-8000-00000000000b',
  'ffffffff-ffff-4fff-8fff-ffffffffffff',
]);
const dates = ['2024-02-29', '0001-01-01', '9999-12-31', '1999-12-31'];
/** Dates that MySQL stores where its sql_mode lets it. */
const zeroDates = ['0000-00-00', '2024-00-10', '2024-01-00'];
const oddDates = ['infinity', '-infinity', '0044-03-15 BC', '20000-01-01'];
const moments = [
  '2024-02-29 12:00:00',
  '2024-02-29 12:00:00.5',
  '2024-02-29 12:00:00.123456',
  '1970-01-01 00:00:01',
];
const oddMoments = ['infinity', '0044-03-15 00:00:00 BC', '20000-01-01 00:00:00'];
const times = ['12:00:00', '12:00:00.5', '00:00:00', '23:59:59.999999'];
const wholes = ['0', '1', '-1', '2', '100', '32767', '2147483647'];
const large = ['9007199254740993', '9007199254740992', '9223372036854775807', '-9223372036854775808'];
const decimals = ['0', '1', '1.0', '1.00', '1.5', '-1', '0.1', '100', '12.34', '2.50'];
const exact = ['9007199254740993', '9007199254740993.5', '0.10000000000000000001', '1.005', '1e20', '32768'];
const floats = ['0', '1', '-1', '0.1', '1.5', '1e20', '-0.0'];

const postgres = (extra: readonly KeyColumn[]): readonly KeyColumn[] => [
  { name: 'text', type: 'text', values: texts },
  { name: 'plain', type: 'varchar(40)', values: texts },
  { name: 'padded', type: 'char(8)', values: short },
  { name: 'label', type: 'mood', values: quoted(['low', 'high', 'fr']) },
  { name: 'uuid', type: 'uuid', values: uuids },
  { name: 'opaque', type: 'inet', values: quoted(['198.24.10.0', '198.24.10.0/24', '::1', '10.0.0.1']) },
  { name: 'bits', type: 'bit(4)', values: ["b'0101'", "b'0000'"] },
  { name: 'date', type: 'date', values: quoted([...dates, ...oddDates]) },
  { name: 'moment', type: 'timestamp', values: quoted([...moments, ...oddMoments]) },
  { name: 'instant', type: 'timestamptz', values: quoted([...moments, ...oddMoments]) },
  { name: 'time', type: 'time', values: quoted([...times, '24:00:00']) },
  { name: 'small', type: 'smallint', values: wholes.slice(0, 6) },
  { name: 'whole', type: 'int', values: wholes },
  { name: 'large', type: 'bigint', values: [...wholes, ...large] },
  { name: 'decimal', type: 'numeric', values: [...decimals, ...exact, "'NaN'", `1${'0'.repeat(70)}`] },
  { name: 'price', type: 'numeric(10,2)', values: decimals },
  { name: 'real', type: 'real', values: [...floats, "'NaN'", "'Infinity'"] },
  { name: 'float', type: 'float8', values: [...floats, "'0.10000000149011612'", "'NaN'", "'-Infinity'"] },
  { name: 'truth', type: 'boolean', values: ['true', 'false'] },
  { name: 'bytes', type: 'bytea', values: ["'\\x00ff'", "'\\x'", "'abc'", "'\\x00'"] },
  ...extra,
];

const mysql = (extra: readonly KeyColumn[]): readonly KeyColumn[] => [
  { name: 'text', type: 'varchar(40)', values: texts },
  { name: 'plain', type: 'varchar(40) character set utf8mb4 collate utf8mb4_bin', values: texts },
  { name: 'padded', type: 'char(8)', values: short },
  { name: 'narrow', type: 'varchar(40) character set latin1', values: ascii },
  { name: 'label', type: "enum('low', 'high', 'fr')", values: quoted(['low', 'high', 'fr']) },
  { name: 'opaque', type: "set('fr', 'e')", values: quoted(['fr', 'e', 'fr,e', '']) },
  { name: 'bits', type: 'bit(4)', values: ["b'0101'", "b'0000'"] },
  { name: 'date', type: 'date', values: quoted([...dates, ...zeroDates]) },
  {
    name: 'moment',
    type: 'datetime(6)',
    values: quoted([...moments, '0000-00-00 00:00:00', '2024-00-10 01:02:03.5']),
  },
  { name: 'instant', type: 'timestamp(6) null', values: quoted([...moments, '0000-00-00 00:00:00']) },
  { name: 'time', type: 'time(6)', values: quoted([...times, '-12:00:00', '100:00:00']) },
  { name: 'small', type: 'tinyint unsigned', values: ['0', '1', '2', '255', '100'] },
  { name: 'whole', type: 'int', values: wholes },
  { name: 'large', type: 'bigint', values: [...wholes, ...large] },
  { name: 'decimal', type: 'decimal(40,20)', values: [...decimals, ...exact.slice(0, 4)] },
  { name: 'price', type: 'decimal(10,2)', values: decimals },
  {
    name: 'huge',
    type: 'bigint unsigned',
    values: ['0', '1', '2', '100', '9007199254740993', '18446744073709551615'],
  },
  { name: 'real', type: 'float', values: floats },
  { name: 'float', type: 'double', values: [...floats, '0.10000000149011612'] },
  { name: 'truth', type: 'tinyint(1)', values: ['0', '1', '2', '-1'] },
  { name: 'bytes', type: 'varbinary(8)', values: ["x'00ff'", "''", "'abc'", "x'00'"] },
  ...extra,
];

const sqlite: readonly KeyColumn[] = [
  { name: 'text', type: 'text collate nocase', values: texts },
  { name: 'plain', type: 'text', values: texts },
  { name: 'padded', type: 'varchar(8) collate rtrim', values: short },
  {
    name: 'label',
    type: "text check (label in ('low', 'high', 'fr'))",
    values: quoted(['low', 'high', 'fr']),
  },
  {
    name: 'uuid',
    type: 'uuid',
    values: [
      ...uuids,
      ...uuids.map((text) => text.toUpperCase()),
      ...uuids.map((text) => text.replaceAll('-', '')),
      "'0B000000-0000-4000-8000-00000000000a'",
      "x'0b00000000004000800000000000000a'",
    ],
  },
  {
    name: 'opaque',
    type: '',
    values: [...quoted(['fr', 'FR', '::1', '101', '198.24.10.0']), '101', '1.5', "x'7eb2'"],
  },
  {
    name: 'date',
    type: 'date',
    values: [
      ...quoted([
        ...dates,
        ...zeroDates,
        '2024-02-29 10:00:00',
        '2024-03-01T01:00:00+02:00',
        'soon',
        '2024-2-29',
      ]),
      '1709208000',
      '1709208000000',
    ],
  },
  {
    name: 'moment',
    type: 'datetime',
    values: [
      ...quoted([
        ...moments,
        '0000-00-00 00:00:00',
        '2024-00-10 01:02:03.5',
        '2024-02-29T12:00:00Z',
        '2024-02-29 12:00:00.1234567',
        'soon',
      ]),
      '1709208000',
      '1709208000500',
    ],
  },
  {
    name: 'instant',
    type: 'timestamptz',
    values: quoted([...moments, '2024-02-29T14:00:00+02:00', '2024-02-29 25:00:00']),
  },
  { name: 'time', type: 'time', values: quoted([...times, '12:00', '12:00:00.500', '9:05']) },
  { name: 'small', type: 'smallint', values: wholes.slice(0, 6) },
  { name: 'whole', type: 'int', values: wholes },
  { name: 'large', type: 'bigint', values: [...wholes, ...large] },
  { name: 'decimal', type: 'numeric', values: [...decimals, '9007199254740993', '1.005'] },
  { name: 'price', type: 'decimal(10,2)', values: decimals },
  { name: 'float', type: 'double', values: [...floats, '0.10000000149011612', '9e999'] },
  { name: 'truth', type: 'boolean', values: ['0', '1', '2', "'true'", "'yes'", "'no'"] },
  { name: 'bytes', type: 'blob', values: ["x'00ff'", "x''", "x'616263'", "x'00'"] },
];

const nondeterministic: KeyColumn = { name: 'lenient', type: 'text collate lenient', values: texts };
const citext: KeyColumn = { name: 'folded', type: 'citext', values: texts };

const mssql: readonly KeyColumn[] = [
  { name: 'word', type: 'nvarchar(60)', values: texts },
  { name: 'exact', type: 'nvarchar(60) collate Latin1_General_BIN2', values: texts },
  { name: 'small', type: 'smallint', values: wholes.slice(0, 6) },
  { name: 'whole', type: 'int', values: wholes },
  { name: 'large', type: 'bigint', values: [...wholes, ...large] },
  { name: 'price', type: 'decimal(10,2)', values: decimals },
  { name: 'float', type: 'float', values: floats },
  { name: 'uuid', type: 'uniqueidentifier', values: uuids },
  { name: 'truth', type: 'bit', values: ['0', '1'] },
  { name: 'bytes', type: 'varbinary(20)', values: ['0x00ff', '0x', '0x616263', '0x00'] },
];

/** The columns of the table of keys on each engine. A type that an engine lacks is compared with a similar one. */
export const keyColumns: Readonly<Record<Engine, readonly KeyColumn[]>> = {
  postgres: postgres([nondeterministic, citext]),
  kingbase: postgres([]),
  pglite: postgres([]),
  mysql: mysql([]),
  mariadb: mysql([
    { name: 'uuid', type: 'uuid', values: uuids },
    { name: 'address', type: 'inet6', values: quoted(['::1', 'fe80::1']) },
  ]),
  mssql,
  sqlite,
};

const zeroDatesAllowed = "set session sql_mode = '';";
const before: Readonly<Partial<Record<Engine, string>>> = {
  mysql: zeroDatesAllowed,
  mariadb: zeroDatesAllowed,
  postgres: `create extension citext;
    create collation lenient (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create type mood as enum ('low', 'high', 'fr');`,
  kingbase: `create type mood as enum ('low', 'high', 'fr');`,
  pglite: `create type mood as enum ('low', 'high', 'fr');`,
};

export const rowCount = 24;

/** A table \`keys\` of random values, some of them NULL. */
function script(engine: Engine, dice: Dice): string {
  const columns = keyColumns[engine];
  const quote = testEngines[engine].spelling.name;
  const declared = columns.map(({ name, type }) => `${quote(name)} ${type}`).join(', ');
  const rows = Array.from({ length: rowCount }, (_, index) => {
    const values = columns.map((column) => (dice.chance(8) ? 'null' : dice.pick(column.values)));
    return `(${[index + 1, ...values].join(', ')})`;
  });
  return `${before[engine] ?? ''} create table held (id int primary key, ${declared});
    insert into held values ${rows.join(',\n')};`;
}

/** Private databases, one per available engine, each a source named like its engine. */
export interface KeyDatabases {
  readonly engines: readonly Engine[];
  readonly connectors: ReadonlyMap<SourceName, Connector>;
  close(): Promise<void>;
}

export function openKeyDatabases(dice: Dice): Promise<KeyDatabases> {
  const there = engines.filter((engine) => !('reason' in availability(engine)));
  return openDatabases(new Map(there.map((engine) => [engine, script(engine, dice)])));
}

/** Creates a private database on each of these engines by a script. */
export async function openDatabases(scripts: ReadonlyMap<Engine, string>): Promise<KeyDatabases> {
  const name = `keys_${randomBytes(5).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'foz-keys-'));
  const there = [...scripts.keys()];
  const connectors = new Map<SourceName, Connector>();
  for (const [engine, text] of scripts)
    connectors.set(sourceName(engine), await open(engine, text, name, folder));
  return {
    engines: there,
    connectors,
    async close() {
      await Promise.all([...connectors.values()].map((connector) => connector.close()));
      for (const engine of there) {
        if (isServer(engine)) await past(engine, serverUrl(engine), `drop database if exists ${name}`);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function past(engine: Engine, location: string, text: string): Promise<void> {
  const connection = await connectPast(engine, location);
  try {
    await connection.execute(text);
  } finally {
    await connection.close();
  }
}

async function open(engine: Engine, text: string, name: string, folder: string): Promise<Connector> {
  if (engine === 'pglite') return connectPglite({ setUp: (execute) => execute(text) });
  if (!isServer(engine)) {
    const path = join(folder, `${engine}.db`);
    await past(engine, path, text);
    return connect({ name: engine, kind: engine, path });
  }
  const url = serverUrl(engine);
  await past(engine, url, `create database ${name}`);
  const own = new URL(`/${name}`, url).href;
  await past(engine, own, text);
  return connect({ name: engine, kind: engine, url: own });
}
