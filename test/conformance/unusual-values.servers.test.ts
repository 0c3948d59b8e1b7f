import type { GraphQLInputObjectType } from 'graphql';
import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines, type Engine, engines } from '../support/engines.ts';

/**
 * Values beyond the usual ones: numbers that are not finite, days before Christ, times beyond a day, arrays with NULL, of several dimensions
 * and with other first indexes. The text that a field returns is found by conditions and by key, and can be stored.
 */

interface Values {
  readonly type: string;
  /** SQL literals. */
  readonly values: readonly string[];
  /** Values that the database stores and finds, but that Foz does not store. */
  readonly notStored?: readonly string[];
  /** Whether the type has an order. */
  readonly unordered?: true;
}

const values = (type: string, ...literals: readonly string[]): Values => ({ type, values: literals });
const texts = (type: string, ...literals: readonly string[]): Values =>
  values(type, ...literals.map((text) => `'${text}'`));

const postgres: readonly Values[] = [
  texts('float8', 'NaN', 'Infinity', '-Infinity', '0.1', '1e300'),
  texts('float4', 'NaN', 'Infinity', '-Infinity', '0.1'),
  texts('numeric', 'NaN', 'Infinity', '-Infinity', '1.50'),
  texts('numeric(6,2)', 'NaN', '1.50'),
  texts('date', 'infinity', '-infinity', '0044-03-15 BC', '0001-02-29 BC', '12024-01-01', '2024-02-29'),
  texts('time', '24:00:00', '00:00:00', '23:59:59.5'),
  texts('timetz', '24:00:00+02', '00:00:00+15:59:30', '12:00:00-05:30'),
  texts(
    'timestamp',
    'infinity',
    '-infinity',
    '0044-03-15 01:02:03.5 BC',
    '12024-01-01 00:00:00',
    '2024-02-29',
  ),
  texts('timestamptz', 'infinity', '-infinity', '0044-03-15 01:02:03.5+00 BC', '12024-01-01 00:00:00+00'),
  texts(
    'int[]',
    '[0:1]={1,2}',
    '{1,2}',
    '{1,NULL}',
    '{{1,2},{3,NULL}}',
    '{}',
    '[-5:-4][7:7]={{1},{2}}',
    '{{1},{2}}',
  ),
  texts('text[]', '[2:3]={a,NULL}', '{a,NULL}', '{{a,b},{"{c}",NULL}}', '{"",NULL}'),
  texts('float8[]', '{NaN,-Infinity,NULL}', '[3:3]={NaN}'),
  texts('numeric[]', '{NaN,1.50}', '{{1.50},{NULL}}'),
  texts('date[]', '{infinity,NULL,"0044-03-15 BC"}'),
  texts('uuid[]', '[0:1]={0b000000-0000-4000-8000-00000000000a,NULL}'),
];
const mysql: readonly Values[] = [
  texts('time(3)', '-838:59:59', '-00:00:01', '00:00:00', '24:00:00', '100:00:00.5', '838:59:59'),
  texts('date', '9999-12-31', '1000-01-01'),
];
const sqlite: readonly Values[] = [
  values('double', '9e999', '-9e999', '0.5'),
  values('numeric', '9e999', '-9e999', '0.5', '12'),
  { ...texts('date', 'infinity', '0044-03-15 BC', '2024-02-29'), notStored: ['infinity', '0044-03-15 BC'] },
  { ...texts('time', '24:00:00', '-01:00:00', '12:00:00'), notStored: ['24:00:00', '-01:00:00'] },
  { ...texts('timestamp', 'infinity', '2024-02-29 12:00:00'), notStored: ['infinity'] },
];
const all: Readonly<Record<Engine, readonly Values[]>> = {
  postgres,
  kingbase: postgres,
  pglite: postgres,
  mysql,
  mariadb: mysql,
  mssql: [],
  sqlite,
};

/** What the database cannot store: a type of the table `plain`, and a value of it in the grammar. */
const few = {
  float: ['NaN', 'Infinity'],
  numeric: ['NaN', '-Infinity'],
  date: ['infinity', '0044-03-15 BC', '12024-01-01'],
  timestamp: ['-infinity', '0044-03-15T00:00:00 BC', '12024-01-01T00:00:00'],
};
const impossible: Readonly<Record<Engine, Readonly<Record<string, readonly string[]>>>> = {
  postgres: { time: ['-01:00:00', '25:00:00'] },
  kingbase: { time: ['-01:00:00', '25:00:00'] },
  pglite: { time: ['-01:00:00', '25:00:00'] },
  mysql: { ...few, time: ['838:59:59.5'] },
  mariadb: { ...few, time: ['838:59:59.5'] },
  mssql: { ...few, time: ['24:00:00', '-01:00:00'] },
  sqlite: { ...few, float: ['NaN'], numeric: ['NaN'], time: ['24:00:00', '-01:00:00', '100:00:00'] },
};
const plainTypes: Readonly<Record<string, string>> = {
  float: 'double precision',
  numeric: 'numeric(10, 2)',
  date: 'date',
  timestamp: 'timestamp null',
  time: 'time',
};

interface Row {
  readonly id: number;
  readonly v: unknown;
}

describeEngines(engines, (engine) => {
  const list = all[engine];
  let shop: Behind;
  let foz: Front;
  let graphs: Graphs;
  const asked = async (query: string, variables = {}) =>
    JSON.parse(await ask(graphs.engine(), { query, variables })) as {
      readonly data: { readonly it: unknown } | null;
      readonly errors?: readonly {
        readonly message: string;
        readonly extensions: { readonly code: string };
      }[];
    };
  const answer = async (query: string, variables = {}) => {
    const { data, errors } = await asked(query, variables);
    if (errors !== undefined) throw new Error(`${query} ${JSON.stringify(variables)}: ${errors[0]!.message}`);
    return data!.it;
  };
  beforeAll(async () => {
    const isMysql = engine === 'mysql' || engine === 'mariadb';
    shop = await behind(engine, [
      ...list.flatMap(({ type, values: literals }, at) => [
        `create table odd_${at} (id int primary key, v ${type} null)`,
        `create table key_${at} (v ${type} primary key)`,
        ...['null', ...literals, literals[0]!].map(
          (value, id) => `insert into odd_${at} values (${id}, ${value})`,
        ),
        ...literals.map((value) => `insert into key_${at} values (${value})`),
      ]),
      `create table plain (id int primary key, ${Object.entries(plainTypes)
        .map(
          ([name, type]) =>
            `v_${name} ${isMysql ? type.replace('timestamp', 'datetime(6)') : type.replace(' null', '')}`,
        )
        .join(', ')})`,
    ]);
    foz = await front([shop]);
    graphs = new Graphs({ metadata: { tables: [] } }, foz.server.attached.registry);
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  const typeOf = (input: string, field: string) =>
    String(
      (graphs.engine().options.schema.getType(input) as GraphQLInputObjectType).getFields()[field]!.type,
    );

  test.each(list.map(({ type }, at) => [type, at] as const))('%s', async (_, at) => {
    const { notStored = [] } = list[at]!;
    const rows = (await answer(`{ it: odd_${at}(order_by: {id: asc}) { id v } }`)) as readonly Row[];
    const type = typeOf(`odd_${at}_insert_input`, 'v');
    const isArray = type.startsWith('[');
    const passing = (passes: (shown: string) => boolean) =>
      rows.filter(({ v }) => v !== null && passes(JSON.stringify(v))).map(({ id }) => id);
    const ids = async (where: string, v: unknown, of = type) => {
      const query = `query ($v: ${of}) { it: odd_${at}(where: {v: ${where}}, order_by: {id: asc}) { id } }`;
      return ((await answer(query, { v })) as readonly Row[]).map(({ id }) => id);
    };
    const shown = new Map(rows.filter(({ v }) => v !== null).map(({ v }) => [JSON.stringify(v), v]));
    expect(shown.size).toBeGreaterThan(0);
    for (const [text, v] of shown) {
      const same = passing((other) => other === text);
      expect([text, await ids('{_eq: $v}', v)]).toEqual([text, same]);
      expect([text, await ids('{_neq: $v}', v)]).toEqual([text, passing((other) => other !== text)]);
      if (!isArray) {
        expect([text, await ids('{_in: $v}', [v], `[${type}!]`)]).toEqual([text, same]);
        expect([text, await ids('{_gte: $v, _lte: $v}', v)]).toEqual([text, same]);
      }
      const key = `query ($v: ${type}!) { it: key_${at}_by_pk(v: $v) { v } }`;
      expect([text, await answer(key, { v })]).toEqual([text, { v }]);
      const insert = `mutation ($v: ${type}) { it: insert_odd_${at}_one(object: {id: 900, v: $v}) { v } }`;
      if (notStored.some((one) => one === v)) {
        const { errors } = await asked(insert, { v });
        expect([text, errors?.[0]?.extensions.code]).toEqual([text, 'data-exception']);
        continue;
      }
      expect([text, await answer(insert, { v })]).toEqual([text, { v }]);
      expect([text, await ids('{_eq: $v}', v)]).toEqual([text, [...same, 900]]);
      await answer(`mutation { it: delete_odd_${at}_by_pk(id: 900) { id } }`);
    }
  });

  test.each(
    Object.entries(impossible[engine]).flatMap(([name, given]) => given.map((v) => [name, v] as const)),
  )('%s %s is refused where it cannot be stored', async (name, v) => {
    const type = typeOf('plain_insert_input', `v_${name}`);
    const insert = `mutation ($v: ${type}) { it: insert_plain(objects: [{id: 1, v_${name}: $v}]) { affected_rows } }`;
    const update = `mutation ($v: ${type}) { it: update_plain(where: {id: {_eq: 2}}, _set: {v_${name}: $v}) { affected_rows } }`;
    await answer('mutation { it: insert_plain(objects: [{id: 2}]) { affected_rows } }');
    for (const query of [insert, update]) {
      const { errors } = await asked(query, { v });
      expect([query, errors?.[0]?.extensions.code]).toEqual([query, 'data-exception']);
    }
    expect(await answer(`{ it: plain { id v_${name} } }`)).toEqual([{ id: 2, [`v_${name}`]: null }]);
    await answer('mutation { it: delete_plain(where: {}) { affected_rows } }');
  });
});
