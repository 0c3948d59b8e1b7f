import type { SourceFacts } from '../../../src/catalog/index.ts';
import type { SourceName } from '../../../src/core/index.ts';
import { connectKingbase } from '../../../src/databases/kingbase/index.ts';
import { connectPostgres } from '../../../src/databases/postgres/index.ts';
import type { RoleEngine } from '../../../src/execute/index.ts';
import type { ChangeMessage, Connector, RunContext } from '../../../src/plan/index.ts';
import { attachment, roleEngine, sourceName } from '../../support/cases/instance.ts';
import { ask } from '../../support/cases/run.ts';
import { emptyAsNull, type Mode } from '../../support/engine/kingbase-modes.ts';
import { isKingbaseReal, serverUrl } from '../../support/engines.ts';
import { databaseIn, describeModes, type Fixture } from './support.ts';

const patient: RunContext = { signal: new AbortController().signal, timeoutMs: null };
const everything = { include: [], exclude: [] };
const read = (connector: Connector): Promise<SourceFacts> =>
  connector.introspect({ namespaces: everything, tables: everything }, patient.signal);

/** A table with the types of the mode, and the scalars of its columns. */
const tables: Readonly<Record<Mode, { readonly columns: string; readonly scalars: string }>> = {
  pg: { columns: 'day date, at timestamp, label varchar(20), doc json', scalars: 'date timestamp text json' },
  oracle: {
    columns:
      'day date, pure pg_catalog.date, small sys.varcharbyte(10), padded sys.bpcharbyte(5), letters sys.clob, raw sys.blob, label varchar(20)',
    scalars: 'timestamp date text text text bytea text',
  },
  mysql: {
    columns:
      'day date, hour sys.time(3), at sys.datetime(3), stamp sys.timestamp, tiny sys.tinyint, medium sys.mediumint, letters sys.longtext, doc json, in_year sys.year',
    scalars: 'date time timestamp timestamp smallint int text jsonb int',
  },
};

/** A row, and another one that is greater in each column. */
const rows: Readonly<
  Record<Mode, readonly [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>
> = {
  pg: [
    { day: '2024-02-29', at: '2024-02-29T13:14:15', label: 'a', doc: { a: 1 } },
    { day: '2024-03-01', at: '2024-03-01T00:00:00', label: 'b', doc: { a: 2 } },
  ],
  oracle: [
    {
      day: '2024-02-29T13:14:15',
      pure: '2024-02-29',
      small: 'a',
      padded: 'ab',
      letters: 'x',
      raw: 'AAE=',
      label: 'a',
    },
    {
      day: '2024-02-29T13:14:16',
      pure: '2024-03-01',
      small: 'b',
      padded: 'ac',
      letters: 'y',
      raw: 'AAI=',
      label: 'b',
    },
  ],
  mysql: [
    {
      day: '2024-02-29',
      hour: '13:14:15.25',
      at: '2024-02-29T13:14:15.125',
      stamp: '2024-02-29T13:14:15',
      tiny: -1,
      medium: 1,
      letters: 'x',
      doc: { a: 1 },
      in_year: 2024,
    },
    {
      day: '2024-03-01',
      hour: '13:14:16',
      at: '2024-02-29T13:14:15.126',
      stamp: '2024-02-29T13:14:16',
      tiny: 2,
      medium: 2,
      letters: 'y',
      doc: { a: 2 },
      in_year: 2025,
    },
  ],
};

describeModes((mode) => {
  let it: Fixture;
  let engine: RoleEngine;
  const [low, high] = rows[mode];
  const names = Object.keys(low);
  const fields = `id ${names.join(' ')}`;
  const asked = async (query: string, variables: Record<string, unknown> = {}) =>
    JSON.parse(await ask(engine, { query, variables })) as {
      readonly data?: { readonly it: unknown };
      readonly errors?: readonly unknown[];
    };
  const answer = async (query: string, variables?: Record<string, unknown>) => {
    const { data, errors } = await asked(query, variables);
    expect(errors).toBeUndefined();
    return data!.it;
  };

  beforeAll(async () => {
    it = await databaseIn(mode);
    await it.beside.execute(`create table held (id integer primary key, ${tables[mode].columns})`);
    if (mode === 'oracle' && !isKingbaseReal) await it.beside.execute(emptyAsNull('held'));
    const sources = new Map<SourceName, Connector>([[sourceName('kes'), it.connector]]);
    engine = await roleEngine(sources, attachment({ metadata: { tables: [] } }));
  }, 60_000);
  afterAll(() => it.drop());

  test('the catalog has the version, the tables of its users, and the types of the mode', async () => {
    const facts = await read(it.connector);
    expect([facts.engine, facts.defaultNamespace]).toEqual(['kingbase', 'public']);
    expect(facts.version).toMatch(/^V\d{3}R\d{3}/);
    expect(facts.tables.map(({ namespace, name }) => `${namespace}.${name}`)).toEqual(['public.held']);
    const [, ...columns] = facts.tables[0]!.columns;
    expect(columns.map(({ scalar }) => scalar).join(' ')).toBe(tables[mode].scalars);
    const notes = facts.issues.map(({ reason }) => reason).join('\n');
    if (mode === 'pg') expect(notes).toBe('');
    else expect(notes).toContain(`The server is in the mode ${mode}.`);
    expect(notes.includes("The server takes '' for NULL")).toBe(mode === 'oracle');
  });

  test('values of the types are stored, read, compared, sorted and grouped', async () => {
    const objects = [
      { id: 1, ...low },
      { id: 2, ...high },
      { id: 3, ...Object.fromEntries(names.map((name) => [name, null])) },
    ];
    expect(
      await answer(
        `mutation ($o: [held_insert_input!]!) { it: insert_held(objects: $o) { returning { ${fields} } } }`,
        {
          o: objects,
        },
      ),
    ).toEqual({ returning: objects });
    expect(await answer(`{ it: held(order_by: {id: asc}) { ${fields} } }`)).toEqual(objects);
    for (const name of names.filter((one) => one !== 'doc' && one !== 'raw')) {
      const type = `held_bool_exp`;
      const found = (condition: Record<string, unknown>) =>
        answer(`query ($w: ${type}!) { it: held(where: $w, order_by: {${name}: desc_nulls_last}) { id } }`, {
          w: { [name]: condition },
        });
      expect([name, await found({ _eq: high[name] })]).toEqual([name, [{ id: 2 }]]);
      expect([name, await found({ _gt: low[name] })]).toEqual([name, [{ id: 2 }]]);
      expect([name, await found({ _in: [low[name], high[name]] })]).toEqual([name, [{ id: 2 }, { id: 1 }]]);
      expect([name, await found({ _is_null: true })]).toEqual([name, [{ id: 3 }]]);
      expect(
        await answer(`{ it: held(distinct_on: ${name}, order_by: {${name}: asc_nulls_first}) { ${name} } }`),
      ).toEqual([null, low[name], high[name]].map((value) => ({ [name]: value })));
    }
    const most = names.filter((one) => one !== 'doc' && one !== 'raw');
    expect(await answer(`{ it: held_aggregate { aggregate { max { ${most.join(' ')} } } } }`)).toEqual({
      aggregate: { max: Object.fromEntries(most.map((name) => [name, high[name]])) },
    });
  });

  test('an upsert, an update and a delete by values of the types hand back rows', async () => {
    const [name] = names as [string];
    const upsert = `mutation ($o: [held_insert_input!]!) { it: insert_held(objects: $o,
      on_conflict: {constraint: held_pkey, update_columns: [${name}]}) { returning { id ${name} } } }`;
    expect(await answer(upsert, { o: [{ id: 3, [name]: high[name] }] })).toEqual({
      returning: [{ id: 3, [name]: high[name] }],
    });
    const update = `mutation ($w: held_bool_exp!, $s: held_set_input!) { it: update_held(where: $w, _set: $s) { affected_rows } }`;
    expect(await answer(update, { w: { [name]: { _eq: high[name] } }, s: { [name]: low[name] } })).toEqual({
      affected_rows: 2,
    });
    const remove = `mutation ($w: held_bool_exp!) { it: delete_held(where: $w) { returning { id } } }`;
    expect(await answer(remove, { w: { id: { _eq: 3 }, [name]: { _eq: low[name] } } })).toEqual({
      returning: [{ id: 3 }],
    });
  });

  if (mode === 'oracle')
    test('an empty text is stored as null, and is read and found as null', async () => {
      const insert = `mutation { it: insert_held_one(object: {id: 9, label: ""}) { id label } }`;
      expect(await answer(insert)).toEqual({ id: 9, label: null });
      expect(await answer(`{ it: held(where: {id: {_eq: 9}, label: {_is_null: true}}) { id } }`)).toEqual([
        { id: 9 },
      ]);
      expect(await answer(`{ it: held(where: {label: {_eq: ""}}) { id } }`)).toEqual([]);
    });

  if (mode !== 'oracle')
    test('documents are appended to by a function, since || may be a logical operator', async () => {
      const append = `mutation { it: update_held(where: {id: {_eq: 1}}, _append: {doc: {b: 2}}) { returning { doc } } }`;
      const type = mode === 'mysql' ? 'jsonb' : 'json';
      expect([type, await answer(append)]).toEqual([type, { returning: [{ doc: { a: 1, b: 2 } }] }]);
    });

  test('every connection has the settings on which statements and values rely', async () => {
    const settings = {
      pg: {},
      oracle: { ora_style_nls_date_format: 'off' },
      mysql: { sql_mode: 'ANSI_QUOTES,ONLY_FULL_GROUP_BY,STRICT_ALL_TABLES' },
    }[mode] as Readonly<Record<string, string>>;
    for (const [name, value] of Object.entries(settings)) {
      const statement = { text: `select current_setting('${name}'), pg_backend_pid()`, slots: [] };
      // While a transaction holds one connection, the other statement runs on another one.
      const found = await it.connector.transaction('read', patient, async (runner) => [
        await runner.run(statement, [], patient),
        await it.connector.run(statement, [], patient),
      ]);
      expect(found.map((one) => one.rows[0]![0])).toEqual([value, value]);
      expect(new Set(found.map((one) => one.rows[0]![1])).size).toBe(2);
    }
  });

  test('changes are followed by the ways that the mode has', async () => {
    await it.beside.execute('create table followed (id integer primary key, label varchar(20))');
    const { changes } = it.connector;
    const followed = [{ namespace: 'public', name: 'followed' }];
    const offers = await changes!.offers(followed, patient.signal);
    const methods = offers.map(({ method }) => method);
    expect(methods).toEqual(mode === 'pg' ? ['replication', 'triggers'] : ['triggers']);
    const [{ method, setup }] = offers as [(typeof offers)[number]];
    for (const statement of setup) await it.beside.execute(statement);
    const stream = await changes!.follow({ method, keptAs: null });
    try {
      await it.beside.execute(`insert into followed values (1, 'one')`);
      await it.beside.execute(`update followed set label = 'uno'`);
      const messages: ChangeMessage[] = [];
      while (messages.filter(({ kind }) => kind === 'row').length < 2)
        messages.push(...(await stream.next(patient.signal)));
      const seen = messages.flatMap((one) => (one.kind === 'row' ? [[one.op, one.new?.values]] : []));
      expect(seen).toEqual([
        ['insert', ['1', 'one']],
        ['update', ['1', 'uno']],
      ]);
      const last = messages.findLast(({ kind }) => kind === 'commit') as { readonly position?: string };
      if (last?.position !== undefined) await stream.acknowledge(last.position);
    } finally {
      await stream.close();
    }
  }, 60_000);

  if (!isKingbaseReal)
    test('a source of kind postgres is told what its server is', async () => {
      const connector = connectPostgres({ connection: it.url });
      try {
        const reasons = (await read(connector)).issues.map(({ reason }) => reason);
        expect(reasons.some((reason) => reason.startsWith('The server is KingbaseES: '))).toBe(true);
      } finally {
        await connector.close();
      }
    });
});

(isKingbaseReal ? describe.skip : describe)('servers that a source of kind kingbase cannot have', () => {
  const failure = async (url: string) => {
    const connector = connectKingbase({ connection: url });
    try {
      return await connector.ping(patient.signal).catch((error: unknown) => error);
    } finally {
      await connector.close();
    }
  };

  test('PostgreSQL itself', async () => {
    expect(await failure(serverUrl('kingbase'))).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /^The server is PostgreSQL \d+\.\d+, but the source is of kind kingbase: /,
      ),
    });
  });

  test('a server in the mode sqlserver', async () => {
    const it = await databaseIn('pg');
    try {
      await it.beside.execute(
        `update sys_catalog.sys_own_settings set setting = 'sqlserver' where name = 'database_mode'`,
      );
      expect(await failure(it.url)).toMatchObject({
        code: 'unavailable',
        message: 'The server is in the mode sqlserver, which Foz does not know: it knows pg, oracle, mysql.',
      });
    } finally {
      await it.drop();
    }
  });
});
