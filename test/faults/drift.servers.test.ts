import { testEngines } from '../support/engine/index.ts';
import { describeEngines, type Engine } from '../support/engines.ts';
import { type Behind, behind, type Front, front } from './front.ts';

const engines = ['postgres', 'mysql', 'mariadb', 'sqlite'] as const satisfies readonly Engine[];
type Tried = (typeof engines)[number];

/** A text that would inject a field into the answer if it were written unquoted, as a number or a date is. */
const hostile = '1","injected":"yes","x":"';

interface Column {
  readonly name: string;
  /** Type and SQL literal of the column when the catalog is read. */
  readonly was: readonly [type: string, value: string];
}

const common: readonly Column[] = [
  { name: 'small', was: ['smallint', '1'] },
  { name: 'whole', was: ['integer', '1'] },
  { name: 'big', was: ['bigint', '1'] },
  { name: 'exact', was: ['numeric(12,2)', '1.5'] },
  { name: 'single', was: ['real', '1.5'] },
  { name: 'approximate', was: ['double precision', '1.5'] },
  { name: 'yes', was: ['boolean', 'true'] },
  { name: 'day', was: ['date', "'2024-02-29'"] },
  { name: 'hour', was: ['time', "'23:59:59'"] },
];

const columns = {
  postgres: [
    ...common,
    { name: 'moment', was: ['timestamp', "'2024-02-29 23:59:59'"] },
    { name: 'instant', was: ['timestamptz', "'2024-02-29 23:59:59+00'"] },
    { name: 'offset_hour', was: ['timetz', "'23:59:59+00'"] },
    { name: 'duration', was: ['interval', "'1 day'"] },
    { name: 'code', was: ['uuid', "'11111111-1111-1111-1111-111111111111'"] },
    { name: 'document', was: ['json', `'{"a": 1}'`] },
    { name: 'binary_document', was: ['jsonb', `'{"a": 1}'`] },
    { name: 'bytes', was: ['bytea', "'\\x01'"] },
    { name: 'numbers', was: ['integer[]', "'{1,2}'"] },
    { name: 'days', was: ['date[]', "'{2024-02-29}'"] },
  ],
  mysql: [
    ...common,
    { name: 'moment', was: ['datetime', "'2024-02-29 23:59:59'"] },
    { name: 'document', was: ['json', `'{"a": 1}'`] },
    { name: 'bytes', was: ['varbinary(20)', "x'01'"] },
  ],
  mariadb: [
    ...common,
    { name: 'moment', was: ['datetime', "'2024-02-29 23:59:59'"] },
    { name: 'code', was: ['uuid', "'11111111-1111-1111-1111-111111111111'"] },
    { name: 'document', was: ['json', `'{"a": 1}'`] },
    { name: 'bytes', was: ['varbinary(20)', "x'01'"] },
  ],
  sqlite: [
    ...common,
    { name: 'moment', was: ['timestamp', "'2024-02-29 23:59:59'"] },
    { name: 'code', was: ['uuid', "'11111111-1111-1111-1111-111111111111'"] },
    { name: 'document', was: ['json', `'{"a": 1}'`] },
    { name: 'bytes', was: ['blob', "x'01'"] },
  ],
} satisfies Record<Tried, readonly Column[]>;

const identifier = (engine: Tried, name: string) => testEngines[engine].spelling.name(name);

/** Statements that change a column's type to text and its value to `value`. */
function toText(engine: Tried, name: string, value: string): string[] {
  const column = identifier(engine, name);
  const text = `'${value.replaceAll("'", "''")}'`;
  switch (engine) {
    case 'postgres':
      return [`alter table things alter column ${column} type text using ${text}`];
    case 'mysql':
    case 'mariadb':
      return [
        `alter table things drop column ${column}`,
        `alter table things add column ${column} varchar(80)`,
        `update things set ${column} = ${text}`,
      ];
    // A SQLite column of any type can hold text.
    case 'sqlite':
      return [`update things set ${column} = ${text}`];
  }
}

for (const engine of engines)
  describeEngines([engine], () => {
    let database: Behind;
    let foz: Front;

    beforeAll(async () => {
      const list = columns[engine];
      database = await behind(engine, [
        'create table owners (id integer primary key)',
        'insert into owners values (1)',
        `create table things (id integer primary key, owner_id integer not null references owners (id), ${list
          .map(({ name, was: [type] }) => `${identifier(engine, name)} ${type}`)
          .join(', ')})`,
        `insert into things values (1, 1, ${list.map(({ was: [, value] }) => value).join(', ')})`,
      ]);
      foz = await front([database]);
    }, 60_000);
    afterAll(async () => {
      await foz?.close();
      await database?.close();
    });

    /** Queries that read the column in each position: a row by key, a list, below a parent, an aggregate. */
    const places = (name: string) => [
      `{ things_by_pk(id: 1) { value: ${name} } }`,
      `{ things { value: ${name} } }`,
      `{ owners { things { value: ${name} } } }`,
      `{ owners_by_pk(id: 1) { things { value: ${name} } } }`,
      `{ things_aggregate { nodes { value: ${name} } } }`,
      `{ a: things { value: ${name} } b: things { value: ${name} } }`,
    ];

    test.each(columns[engine].map(({ name }) => name))(
      'a column %s that has become a text is not written as what it was',
      async (name) => {
        for (const query of places(name)) {
          const before = await foz.ask(query);
          expect([query, before.errors, JSON.stringify(before.data).includes('null')]).toEqual([
            query,
            undefined,
            false,
          ]);
        }
        for (const statement of toText(engine, name, hostile)) await database.run(statement);
        for (const query of places(name)) {
          // `ask` throws if the answer is not JSON.
          const { data, errors } = await foz.ask(query);
          const asText = JSON.stringify({ data, errors });
          expect([query, asText.includes('"injected":"yes"')]).toEqual([query, false]);
          expect([query, errors?.map(({ message }) => message)]).toEqual([query, undefined]);
          // On SQLite a text read as a boolean is false, and one read as bytes is written as base64.
          if (engine !== 'sqlite' || !['yes', 'bytes'].includes(name))
            expect([query, asText]).toEqual([query, expect.stringContaining(JSON.stringify(hostile))]);
        }
      },
    );
  });

describeEngines(['postgres', 'mysql', 'mariadb'], (engine) => {
  test('a write that hands back a column which has become another one is stored once', async () => {
    const database = await behind(engine, [
      `create table written (id ${testEngines[engine].spelling.generatedKey}, label varchar(20), note integer default 1)`,
    ]);
    const foz = await front([database]);
    try {
      const write = 'mutation { insert_written_one(object: { label: "a" }) { note } }';
      expect(await foz.ask(write)).toMatchObject({ data: { insert_written_one: { note: 1 } } });
      await database.run(
        'alter table written drop column note',
        "alter table written add column note varchar(80) default 'much'",
      );
      const { data, errors } = await foz.ask(write);
      expect(await database.rows('select count(*) as n from written')).toBe('2');
      // MariaDB reports the type of a returned column only after the row is stored.
      if (engine !== 'mariadb') expect(data).toEqual({ insert_written_one: { note: 'much' } });
      else
        expect(errors).toMatchObject([
          { message: expect.stringContaining('is stored'), extensions: { code: 'not-found' } },
        ]);
    } finally {
      await foz.close();
      await database.close();
    }
  }, 60_000);
});
