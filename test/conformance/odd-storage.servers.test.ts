import type { Metadata } from '../../src/catalog/index.ts';
import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines, type Engine } from '../support/engines.ts';

/** What other programs store in ways that Foz itself would not: it is shown in one form, and found by it. */

interface Asked {
  readonly ids: (field: string) => Promise<readonly number[]>;
  readonly it: (query: string, variables?: object) => Promise<unknown>;
  readonly code: (query: string, variables?: object) => Promise<string | undefined>;
  readonly shop: () => Behind;
}

function onEngine(
  engine: Engine,
  statements: readonly string[],
  tests: (asked: Asked) => void,
  metadata: Metadata = { tables: [] },
): void {
  let shop: Behind;
  let foz: Front;
  let graphs: Graphs;
  beforeAll(async () => {
    shop = await behind(engine, statements);
    foz = await front([shop]);
    graphs = new Graphs({ metadata }, foz.server.attached.registry);
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });
  const reply = async (query: string, variables: object = {}) =>
    JSON.parse(await ask(graphs.engine(), { query, variables: { ...variables } }));
  const it = async (query: string, variables?: object) => {
    const { data, errors } = await reply(query, variables);
    if (errors !== undefined) throw new Error(`${query}: ${JSON.stringify(errors[0])}`);
    return data.it;
  };
  tests({
    it,
    ids: async (field) =>
      ((await it(`{ it: ${field} { id } }`)) as readonly { readonly id: number }[]).map(({ id }) => id),
    code: async (query, variables) => (await reply(query, variables)).errors?.[0].extensions.code,
    shop: () => shop,
  });
}

const check = `check (state in ('draft', 'done-so'))`;
const drafts = (type: string): readonly string[] => [
  `create table folders (id int primary key, name varchar(9))`,
  `create table drafts (id int primary key, folder int, state ${type} ${check}, foreign key (folder) references folders (id))`,
  `insert into folders values (1, 'a')`,
  `insert into drafts values (1, 1, 'draft'), (2, 1, 'DRAFT'), (3, 1, 'Done-So'), (4, 1, null)`,
];
const collations: Readonly<Partial<Record<Engine, readonly string[]>>> = {
  postgres: ['create extension citext', ...drafts('citext')],
  mysql: drafts('varchar(10)'),
  mariadb: drafts('varchar(10)'),
  sqlite: drafts('text collate nocase'),
};

describeEngines(['postgres', 'mysql', 'mariadb', 'sqlite'], (engine) => {
  onEngine(engine, collations[engine]!, ({ it, ids }) => {
    const states = ['draft', 'draft', 'done_so', null];
    test('labels of an enum that are stored in another case are shown as the enum has them', async () => {
      const rows = states.map((state) => ({ state }));
      expect(await it('{ it: drafts(order_by: {id: asc}) { state } }')).toEqual(rows);
      expect(await it('{ it: folders { drafts(order_by: {id: asc}) { state } } }')).toEqual([
        { drafts: rows },
      ]);
      expect(await ids('drafts(where: {state: {_eq: draft}}, order_by: {id: asc})')).toEqual([1, 2]);
      expect(await ids('drafts(where: {state: {_in: [done_so]}})')).toEqual([3]);
      expect(
        await it(
          '{ it: drafts_aggregate { group_by(keys: [{column: state}], order_by: [{count: desc}, {group_key: {state: asc}}]) { group_key { state } aggregate { count } } } }',
        ),
      ).toMatchObject({
        group_by: expect.arrayContaining([{ group_key: { state: 'draft' }, aggregate: { count: 2 } }]),
      });
    });

    test('a page follows such a label, and a written row shows its label', async () => {
      const seen: unknown[] = [];
      let after: string | null = null;
      for (let page = 0; page < 5; page++) {
        const { nodes, pageInfo } = (await it(
          'query ($c: String) { it: drafts_connection(first: 1, after: $c, order_by: [{state: asc}, {id: desc}]) { nodes { id state } pageInfo { endCursor hasNextPage } } }',
          { c: after },
        )) as { nodes: unknown[]; pageInfo: { endCursor: string; hasNextPage: boolean } };
        seen.push(...nodes);
        after = pageInfo.endCursor;
        if (!pageInfo.hasNextPage) break;
      }
      expect(seen).toHaveLength(4);
      const update =
        'mutation { it: update_drafts(where: {id: {_eq: 2}}, _set: {folder: 1}) { returning { state } } }';
      expect(await it(update)).toEqual({ returning: [{ state: 'draft' }] });
    });
  });
});

describeEngines(['postgres'], (engine) => {
  const odd = String.raw`{"a": 1, "b": "x\u0000y", "n\\u0000": {"c": "\u0000\\\u0000"}, "half": "\ud800 \udc00\ud83d\ude00"}`;
  onEngine(
    engine,
    [
      'create extension hstore',
      'create table docs (id int primary key, doc json, labels hstore)',
      `insert into docs values (1, '{"a": 1, "b": "x"}', 'a=>1'), (2, '${odd}', 'a=>2'), (3, '{"a": 2}', 'b=>1,a=>1'), (4, null, null), (5, '"\\u0000"', '')`,
      `create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
      'create table words (id int primary key, word text collate folded)',
      `insert into words values (1, 'Draft'), (2, 'draft'), (3, 'other')`,
      'create table narrow (id int primary key, v float4)',
      'create table wide (id int primary key, v float8)',
      `insert into narrow values (1, 0.1), (2, 2), (3, 'NaN')`,
      `insert into wide values (1, 0.1), (2, 2), (3, 'NaN'), (4, 0.10000000149011612)`,
    ],
    ({ it, ids }) => {
      test('a document that PostgreSQL cannot convert fails no list', async () => {
        expect(await ids('docs(where: {doc: {_eq: {a: 2}}})')).toEqual([3]);
        expect(await ids('docs(where: {doc: {_neq: {a: 2}}}, order_by: {id: asc})')).toEqual([1, 2, 5]);
        expect(await ids('docs(where: {doc: {_contains: {a: 1}}}, order_by: {id: asc})')).toEqual([1, 2]);
        expect(await ids('docs(where: {doc: {_has_key: "half"}})')).toEqual([2]);
        expect(await it('{ it: docs(order_by: {id: asc}) { a: doc(path: "a") n: doc(path: "b") } }')).toEqual(
          [
            { a: 1, n: 'x' },
            { a: 1, n: 'x\0y' },
            { a: 2, n: null },
            { a: null, n: null },
            { a: null, n: null },
          ],
        );
        expect(await it('{ it: docs(where: {id: {_eq: 2}}) { c: doc(path: "half") d: doc } }')).toEqual([
          { c: '\ud800 \udc00😀', d: JSON.parse(odd) },
        ]);
        // A backslash before `u0000` is a part of the key.
        const inner = 'query ($p: String!) { it: docs(where: {id: {_eq: 2}}) { c: doc(path: $p) } }';
        expect(await it(inner, { p: String.raw`["n\\u0000"].c` })).toEqual([{ c: '\0\\\0' }]);
      });

      test('hstore has the order of its type', async () => {
        const ordered = await ids('docs(order_by: {labels: asc}, where: {labels: {_is_null: false}})');
        const shown = (await it('{ it: docs { id labels } }')) as { id: number; labels: string | null }[];
        for (const { id, labels } of shown.filter((row) => row.labels !== null)) {
          const greater = await ids(
            `docs(where: {labels: {_gt: ${JSON.stringify(labels)}}}, order_by: {labels: asc})`,
          );
          expect(greater).toEqual(ordered.slice(ordered.indexOf(id) + 1));
        }
        const seen: number[] = [];
        let after: string | null = null;
        for (let page = 0; page < 6; page++) {
          const { nodes, pageInfo } = (await it(
            'query ($c: String) { it: docs_connection(first: 1, after: $c, order_by: [{labels: asc}]) { nodes { id } pageInfo { endCursor hasNextPage } } }',
            { c: after },
          )) as { nodes: { id: number }[]; pageInfo: { endCursor: string; hasNextPage: boolean } };
          seen.push(...nodes.map(({ id }) => id));
          after = pageInfo.endCursor;
          if (!pageInfo.hasNextPage) break;
        }
        expect(seen).toEqual([...ordered, 4]);
      });

      test.each([
        ['_like: "Dr%"', [1]],
        ['_nlike: "Dr%"', [2, 3]],
        ['_ilike: "dr%"', [1, 2]],
        ['_regex: "^D"', [1]],
        ['_iregex: "^D"', [1, 2]],
        ['_similar: "(D|o)%"', [1, 3]],
        ['_starts_with: "D"', [1]],
        ['_contains: "raf"', [1, 2]],
        ['_eq: "DRAFT"', [1, 2]],
      ])(
        'patterns match the characters of texts that a collation takes for equal: %s',
        async (operator, expected) => {
          expect(await ids(`words(where: {word: {${operator}}}, order_by: {id: asc})`)).toEqual(expected);
        },
      );

      test('floats of 32 and 64 bits are related by the digits that they show', async () => {
        const rows = [1, 2, 3].map((id) => ({ id, wides: [{ id }] }));
        expect(await it('{ it: narrow(order_by: {id: asc}) { id wides { id } } }')).toEqual(rows);
        expect(await it('{ it: wide(order_by: {id: asc}) { narrow { id } } }')).toEqual([
          ...[1, 2, 3].map((id) => ({ narrow: { id } })),
          { narrow: null },
        ]);
        expect(await ids('narrow(where: {wides: {id: {_eq: 1}}})')).toEqual([1]);
      });
    },
    {
      tables: [
        {
          source: 'shop',
          table: 'narrow',
          array_relationships: [
            {
              name: 'wides',
              using: { manual_configuration: { remote_table: 'wide', column_mapping: { v: 'v' } } },
            },
          ],
        },
        {
          source: 'shop',
          table: 'wide',
          object_relationships: [
            {
              name: 'narrow',
              using: { manual_configuration: { remote_table: 'narrow', column_mapping: { v: 'v' } } },
            },
          ],
        },
      ],
    },
  );
});

const digits = [
  '{"i": 9007199254740993}',
  '{"i": 9007199254740992}',
  '{"i": 1.50, "d": [0.1]}',
  '{"i": 1.5}',
];

describeEngines(['postgres', 'mysql', 'mariadb', 'sqlite'], (engine) => {
  onEngine(
    engine,
    [
      `create table docs (id int primary key, doc ${engine === 'postgres' ? 'jsonb' : 'json'})`,
      `insert into docs values ${digits.map((doc, at) => `(${at + 1}, '${doc}')`).join(', ')}`,
    ],
    ({ ids, code }) => {
      test.each([
        ['_eq: {i: 9007199254740993}', [1]],
        ['_eq: {i: 9007199254740992}', [2]],
        ['_neq: {i: 9007199254740993}', [2, 3, 4]],
        ['_contains: {i: 9007199254740993}', [1]],
        ['_contains: {i: 1.5}', [3, 4]],
        ['_contains: {d: [0.10]}', [3]],
        ['_eq: {i: 1.5}', [4]],
      ])('numbers within documents are compared by all of their digits: %s', async (operator, expected) => {
        if (engine === 'mariadb' && operator === '_contains: {i: 9007199254740993}')
          expect(await code(`{ it: docs(where: {doc: {${operator}}}) { id } }`)).toBe('data-exception');
        else expect(await ids(`docs(where: {doc: {${operator}}}, order_by: {id: asc})`)).toEqual(expected);
      });
    },
  );
});

describeEngines(['mysql'], (engine) => {
  onEngine(
    engine,
    [
      'create table docs (id int primary key, doc json)',
      `insert into docs values (1, json_object('d', date '2024-02-29', 'n', 1)), (2, '{"d": "2024-02-29", "n": 1}'),
        (3, json_object('d', timestamp '2024-02-29 01:02:03', 't', time '-01:02:03')), (4, json_object('b', x'00ff')),
        (5, json_array(date '2024-02-29')), (6, null), (7, '{"d": "2024-03-01", "n": 1}')`,
    ],
    ({ it, ids }) => {
      test('dates and bytes within documents are found as they are shown', async () => {
        const rows = (await it('{ it: docs(order_by: {id: asc}) { id doc } }')) as {
          id: number;
          doc: unknown;
        }[];
        for (const { id, doc } of rows.filter((row) => row.doc !== null)) {
          const same = rows
            .filter((row) => JSON.stringify(row.doc) === JSON.stringify(doc))
            .map((row) => row.id);
          const others = rows
            .filter((row) => row.doc !== null && !same.includes(row.id))
            .map((row) => row.id);
          for (const [operator, expected] of [
            ['_eq', same],
            ['_neq', others],
            ['_contains', same],
            ['_contained_in', same],
          ] as const) {
            const query = `query ($v: json) { it: docs(where: {doc: {${operator}: $v}}, order_by: {id: asc}) { id } }`;
            const found = (await it(query, { v: doc })) as { id: number }[];
            expect([id, operator, found.map((row) => row.id)]).toEqual([id, operator, expected]);
          }
        }
        expect(await ids('docs(where: {doc: {_has_key: "2024-02-29"}})')).toEqual([5]);
      });
    },
  );
});

describeEngines(['sqlite'], (engine) => {
  onEngine(
    engine,
    [
      'create table owners (id integer primary key)',
      'create table kept (id integer primary key, owner integer references owners (id), n int, big bigint, word text, amount numeric, doc json)',
      'create index kept_word on kept (word)',
      'insert into owners values (1)',
      `insert into kept values (1, 1, 5, 6, 'ab', 7, '{"i": 9007199254740993}'),
        (2, 1, x'6162', x'31', x'6162', x'3132', x'7b2261223a317d'), (3, 1, 'x', 'y', 'b', 'z', x'ff00'),
        (4, 1, null, null, null, null, null), (5, 1, 1, 1, x'63', 1, jsonb('{"a":1}')), (6, 1, 1, 1, 'd', 1, 'no json'),
        (7, 1, 1, 1, 'e', 1, '{"i": 9007199254740992}'), (8, 1, 1, 1, 'f', 1, '{"i": 9.007199254740993e15, "d": 0.10}')`,
      'create table replaced (id integer primary key, name text unique on conflict replace, n int)',
      'create table skipped (id integer primary key, name text, n int, unique (name) on conflict ignore)',
      'create table ended (id integer primary key on conflict rollback, name text unique on conflict fail, n int)',
      'create table owned (id integer primary key, code text unique, n int)',
      ...['replaced', 'skipped', 'ended'].map(
        (table) => `insert into ${table} values (1, 'a', 1), (2, 'b', 2)`,
      ),
    ],
    ({ it, ids, code, shop }) => {
      const fields = 'id n big word amount doc';
      test('bytes in columns of other types fail no list, and are shown as text', async () => {
        const rows = (await it(`{ it: kept(order_by: {id: asc}) { ${fields} } }`)) as { word: unknown }[];
        expect(rows[1]).toEqual({ id: 2, n: 'ab', big: '1', word: 'ab', amount: '12', doc: { a: 1 } });
        expect(rows[5]).toMatchObject({ doc: 'no json' });
        expect(await it(`{ it: owners { kept(order_by: {id: asc}) { ${fields} } } }`)).toEqual([
          { kept: rows },
        ]);
      });

      test('texts that are stored as bytes are found as they are shown', async () => {
        expect(await ids('kept(where: {word: {_eq: "ab"}}, order_by: {id: asc})')).toEqual([1, 2]);
        expect(await ids('kept(where: {word: {_in: ["c", "ab"]}}, order_by: {id: asc})')).toEqual([1, 2, 5]);
        expect(await ids('kept(where: {word: {_neq: "ab"}}, order_by: {id: asc})')).toEqual([3, 5, 6, 7, 8]);
        expect(await ids('kept(where: {word: {_like: "a%"}}, order_by: {id: asc})')).toEqual([1, 2]);
        expect(await ids('kept(where: {word: {_gt: "b"}}, order_by: [{word: asc}])')).toEqual([5, 6, 7, 8]);
        expect(await ids('kept(order_by: [{word: desc_nulls_last}, {id: asc}])')).toEqual([
          8, 7, 6, 5, 3, 1, 2, 4,
        ]);
        expect(await ids('kept(distinct_on: word, order_by: [{word: asc}, {id: desc}])')).toEqual([
          2, 3, 5, 6, 7, 8, 4,
        ]);
        expect(
          await it('{ it: kept_aggregate { aggregate { count(columns: [word], distinct: true) } } }'),
        ).toEqual({ aggregate: { count: 6 } });
      });

      test('documents are compared as they are shown, with all digits', async () => {
        const found = async (operator: string) =>
          ids(`kept(where: {doc: {${operator}}}, order_by: {id: asc})`);
        expect(await found('_eq: {i: 9007199254740993}')).toEqual([1]);
        expect(await found('_eq: {i: 9007199254740992}')).toEqual([7]);
        expect(await found('_contains: {i: 9007199254740993}')).toEqual([1, 8]);
        expect(await found('_contains: {d: 0.1}')).toEqual([8]);
        expect(await found('_eq: {a: 1}')).toEqual([2, 5]);
        expect(await found('_eq: "no json"')).toEqual([6]);
        expect(await found('_has_key: "a"')).toEqual([2, 5]);
        expect(await it('{ it: kept(order_by: {id: asc}, limit: 3) { doc(path: "a") } }')).toEqual([
          { doc: null },
          { doc: 1 },
          { doc: null },
        ]);
      });

      test.each(['replaced', 'skipped', 'ended'])(
        'a conflict in the table %s fails the write',
        async (table) => {
          const insert = (rest: string) =>
            `mutation { it: insert_${table}(objects: [{id: 3, name: "c", n: 3}, {id: 4, name: "a", n: 4}]${rest}) { affected_rows returning { id n } } }`;
          expect(await code(insert(''))).toBe('constraint-violation');
          expect(
            await code(
              `mutation { it: update_${table}(where: {id: {_eq: 2}}, _set: {name: "a"}) { affected_rows } }`,
            ),
          ).toBe('constraint-violation');
          expect(await shop().rows(`select id, name, n from ${table} order by id`)).toBe('1:a:1 2:b:2');
          const key = table === 'ended' ? 'ended_name_key' : `${table}_name_key`;
          expect(await it(insert(`, on_conflict: {constraint: ${key}, update_columns: [n]}`))).toEqual({
            affected_rows: 2,
            returning: [
              { id: 3, n: 3 },
              { id: 1, n: 4 },
            ],
          });
          expect(await shop().rows(`select id, name, n from ${table} order by id`)).toBe('1:a:4 2:b:2 3:c:3');
        },
      );

      test('an upsert that meets a row twice shows what is stored in the end', async () => {
        const upsert = (fields: string) =>
          `mutation { it: insert_owned(objects: [{code: "k", n: 1}, {code: "k", n: 2}, {code: "l", n: 3}], on_conflict: {constraint: owned_code_key, update_columns: [n]}) { returning { ${fields} } } }`;
        expect(await it(upsert('n'))).toEqual({ returning: [{ n: 2 }, { n: 2 }, { n: 3 }] });
      });
    },
  );
});
