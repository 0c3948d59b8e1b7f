import type { EndSignal } from '../../../core/index.ts';
import type { ChangedTable, ChangeOffer, LeftOver } from '../../../plan/index.ts';
import { type Driver, outboxName, readsName } from '../../../sql/index.ts';
import type { Query } from '../query.ts';
import { rowidName } from '../rowid.ts';
import { readSchema, type SchemaTable } from '../schema.ts';
import { type Encoding, type TriggeredTable, triggersFor, unseenOf } from './triggers.ts';

/** Creates the outbox. Ids are never reused (autoincrement), and SQLite has one writer at a time, so they are in the order of the commits. */
const creation = [
  `create table ${outboxName} (id integer primary key autoincrement, at integer not null, name text not null, op text not null,
  columns text not null, old text, new text)`,
  `create table ${readsName} (number integer primary key autoincrement, ids text not null)`,
];

const existing = `select name, sql from sqlite_schema
  where name in ('${outboxName}', '${readsName}') or type = 'trigger' and name like 'foz\\_outbox %' escape '\\'`;

/** Tables with a unique index over expressions or over a part of the rows. */
const partlyUnique = `select distinct m.name from (select name from sqlite_schema where type = 'table') m
  join pragma_index_list(m.name, 'main') i
  where i."unique" = 1 and (i.partial = 1 or exists (select 1 from pragma_index_info(i.name, 'main') where name is null))`;

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** Checks the outbox and the triggers of the tables. A trigger for other columns than the table has now counts as missing. */
export async function outboxOffer(
  driver: Pick<Driver, 'run'>,
  isReadonly: boolean,
  tables: readonly ChangedTable[],
  signal: EndSignal,
): Promise<ChangeOffer> {
  const query = queryOver(driver, signal);
  const found = new Map((await query(existing)).map(([name, sql]) => [String(name), String(sql)]));
  const { tables: schema } = await readSchema(query);
  const byName = new Map(schema.filter(({ view }) => !view).map((table) => [table.name, table]));
  const exists = found.has(outboxName) && found.has(readsName);
  const encoding = String((await query('select encoding from pragma_encoding'))[0]![0]) as Encoding;
  const states = tables.flatMap((table) => {
    const described = byName.get(table.name);
    if (described === undefined) return [];
    const triggers = triggersFor(triggered(described, encoding));
    return [{ table, missing: triggers.filter(({ name, statement }) => found.get(name) !== statement) }];
  });
  const partly = new Set((await query(partlyUnique)).map(([name]) => String(name)));
  const bare = new Set(states.filter(({ missing }) => missing.length > 0).map(({ table }) => table));
  const seen = new Set(
    states.map(({ table }) => table).filter((table) => !bare.has(table) && !partly.has(table.name)),
  );
  return {
    method: 'triggers',
    grain: 'rows',
    obstacles: [
      ...(exists
        ? []
        : ['There is no outbox in the database: "foz changes setup" makes one with "--method triggers".']),
      ...(isReadonly
        ? ['The file is open for reading only, but rows that were read of an outbox have to be deleted.']
        : []),
    ],
    setup: [
      ...(exists ? [] : creation),
      ...states.flatMap(({ missing }) =>
        missing.flatMap(({ name, statement }) => [
          ...(found.has(name) ? [`drop trigger ${quoted(name)}`] : []),
          statement,
        ]),
      ),
      ...(exists
        ? states.filter(({ table }) => bare.has(table)).map(({ table }) => unseenOf(table.name))
        : []),
    ],
    gaps: states.flatMap(({ table, missing }) => {
      if (!exists) return [];
      if (missing.length > 0)
        return [{ table, reason: 'It has no triggers that fill the outbox, or outdated ones.' }];
      if (!partly.has(table.name)) return [];
      const reason =
        'Rows that INSERT OR REPLACE deletes by a unique index over expressions or a part of the rows are not reported.';
      return [{ table, reason }];
    }),
    unseen: tables.filter((table) => !seen.has(table)),
    warnings: [],
  };
}

/** The outbox and its triggers that exist. */
export async function outboxLeft(driver: Pick<Driver, 'run'>, signal: EndSignal): Promise<LeftOver[]> {
  const names = (await queryOver(driver, signal)(existing)).map(([name]) => String(name));
  if (names.length === 0) return [];
  const isTable = (name: string) => name === outboxName || name === readsName;
  const triggers = names.filter((name) => !isTable(name));
  return [
    {
      what: `the outbox: ${names.filter(isTable).length} tables and ${triggers.length} triggers`,
      kind: 'outbox',
      remove: [
        ...triggers.map((name) => `drop trigger ${quoted(name)}`),
        ...names.filter(isTable).map((name) => `drop table ${quoted(name)}`),
      ],
    },
  ];
}

function queryOver(driver: Pick<Driver, 'run'>, signal: EndSignal): Query {
  return async (text, values) =>
    (await driver.run({ text, slots: [] }, values ?? [], { signal, timeoutMs: null })).rows;
}

function triggered({ name, columns, uniqueIndexes }: SchemaTable, encoding: Encoding): TriggeredTable {
  const primary = columns
    .filter((column) => column.primary > 0)
    .sort((a, b) => a.primary - b.primary)
    .map((column) => column.name);
  return {
    name,
    columns: columns.map((column) => column.name),
    keys: [...(primary.length === 0 ? [] : [primary]), ...uniqueIndexes.map((index) => index.columns)],
    identity: primary.length > 0 ? primary : [rowidName(columns) ?? 'rowid'],
    encoding,
  };
}
