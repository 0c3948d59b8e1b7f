import { type LiveCase, sql } from './case.ts';

const columns =
  'id, a_boolean, an_int, a_bigint, a_numeric, a_varchar, a_text, a_uuid, a_date, a_timestamp, a_json, an_enum';
const uuid = (end: number) => `00000000-0000-4000-8000-00000000${end}`;

/** SQL that inserts a row of `every_type`. Its id begins with the number of the case. */
const typed = (id: number, values: Readonly<Record<string, string>> = {}) =>
  `insert into every_type (${['id', ...Object.keys(values)].join(', ')}) values (${[id, ...Object.values(values)].join(', ')})`;
const update = (id: number, set: string) => sql(`update every_type set ${set} where id = ${id}`);
const ids = (...list: number[]) => ({ every_type: list.map((id) => ({ id })) });
const where = (low: number, condition: string) =>
  `subscription { every_type(where: {id: {_gte: ${low}, _lt: ${low + 10}}, ${condition}}, order_by: {id: asc}) { id } }`;

/** Values and conditions of each family of types. */
export const types: readonly LiveCase[] = [
  {
    name: 'types: a boolean',
    before: [typed(4000, { a_boolean: 'false' }), typed(4001)],
    query: where(4000, 'a_boolean: {_eq: true}'),
    first: ids(),
    writes: [
      [update(4001, 'a_boolean = false'), null],
      [update(4000, 'a_boolean = true'), ids(4000)],
      [update(4000, 'a_boolean = null'), ids()],
    ],
  },
  {
    name: 'types: a decimal, compared by its value',
    before: [typed(4010, { a_numeric: '1.50' }), typed(4011, { a_numeric: '99999999.99' })],
    query: where(4010, 'a_numeric: {_gt: "1.5"}'),
    first: ids(4011),
    writes: [
      [update(4010, 'a_numeric = 1.5'), null],
      [update(4010, 'a_numeric = 1.51'), ids(4010, 4011)],
      [update(4011, 'a_numeric = -5'), ids(4010)],
    ],
  },
  {
    name: 'types: a whole number beyond the exact ones of JavaScript',
    before: [typed(4020, { a_bigint: '9007199254740992' })],
    query: `subscription { every_type(where: {a_bigint: {_eq: "9007199254740993"}, id: {_gte: 4020, _lt: 4030}}) { id a_bigint } }`,
    first: { every_type: [] },
    writes: [
      [update(4020, 'a_bigint = 9007199254740994'), null],
      [
        update(4020, 'a_bigint = 9007199254740993'),
        { every_type: [{ id: 4020, a_bigint: '9007199254740993' }] },
      ],
      [update(4020, 'a_bigint = 9007199254740992'), { every_type: [] }],
    ],
  },
  {
    name: 'types: a UUID',
    before: [typed(4030, { a_uuid: `'${uuid(4030)}'` })],
    query: `subscription { every_type(where: {a_uuid: {_eq: "${uuid(4031)}"}}) { id a_uuid } }`,
    first: { every_type: [] },
    writes: [
      [sql(typed(4032, { a_uuid: `'${uuid(4032)}'` })), null],
      [update(4030, `a_uuid = '${uuid(4031)}'`), { every_type: [{ id: 4030, a_uuid: uuid(4031) }] }],
      [sql('delete from every_type where id = 4030'), { every_type: [] }],
    ],
  },
  {
    name: 'types: a date',
    before: [typed(4040, { a_date: `'2024-02-28'` })],
    query: where(4040, 'a_date: {_gte: "2024-02-29"}'),
    first: ids(),
    writes: [
      [update(4040, `a_date = '2023-12-31'`), null],
      [update(4040, `a_date = '2024-02-29'`), ids(4040)],
      [update(4040, `a_date = null`), ids()],
    ],
  },
  {
    name: 'types: a time stamp',
    before: [typed(4050, { a_timestamp: `'2024-02-29 12:00:00'` })],
    query: `subscription { every_type_by_pk(id: 4050) { a_timestamp } }`,
    first: { every_type_by_pk: { a_timestamp: '2024-02-29T12:00:00' } },
    writes: [
      [update(4050, `a_date = '2024-02-29'`), null],
      [
        update(4050, `a_timestamp = '2024-02-29 12:00:01'`),
        { every_type_by_pk: { a_timestamp: '2024-02-29T12:00:01' } },
      ],
    ],
  },
  {
    name: 'types: a document',
    before: [typed(4060, { a_json: `'{"a": 1}'` })],
    query: `subscription { every_type_by_pk(id: 4060) { a_json a: a_json(path: "a") } }`,
    first: { every_type_by_pk: { a_json: { a: 1 }, a: 1 } },
    writes: [
      [update(4060, `a_json = '{"a": 1}'`), null],
      [
        update(4060, `a_json = '{"a": [true, null]}'`),
        { every_type_by_pk: { a_json: { a: [true, null] }, a: [true, null] } },
      ],
      [update(4060, 'a_json = null'), { every_type_by_pk: { a_json: null, a: null } }],
    ],
  },
  {
    name: 'types: an enum',
    before: [typed(4070, { an_enum: `'calm'` })],
    query: where(4070, 'an_enum: {_in: [happy, sad]}'),
    first: ids(),
    writes: [
      [update(4070, 'an_enum = null'), null],
      [update(4070, `an_enum = 'sad'`), ids(4070)],
      [update(4070, `an_enum = 'happy'`), null],
      [update(4070, `an_enum = 'calm'`), ids()],
    ],
  },
  {
    name: 'types: a text, compared without case',
    before: [typed(4080, { a_varchar: `'Öl'` })],
    query: where(4080, 'a_varchar: {_ilike: "%oat%"}'),
    first: ids(),
    writes: [
      [update(4080, `a_varchar = 'at'`), null],
      [update(4080, `a_varchar = 'GOATS'`), ids(4080)],
      [update(4080, `a_varchar = 'goats'`), null],
      [update(4080, `a_varchar = ''`), ids()],
    ],
  },
  {
    name: 'types: text that needs escaping',
    before: [typed(4090)],
    query: 'subscription { every_type_by_pk(id: 4090) { a_varchar } }',
    first: { every_type_by_pk: { a_varchar: null } },
    writes: [
      [
        update(4090, `a_varchar = '"q" ''s'' é\u{1F600}'`),
        { every_type_by_pk: { a_varchar: `"q" 's' é\u{1F600}` } },
      ],
      [update(4090, `a_varchar = ''`), { every_type_by_pk: { a_varchar: '' } }],
    ],
  },
  {
    name: 'types: answers that are too long to be kept',
    before: [4100, 4101].flatMap((id) => typed(id, { a_text: `'${'x'.repeat(40_000)}'`, an_int: '1' })),
    query:
      'subscription { every_type(where: {id: {_in: [4100, 4101]}}, order_by: {id: asc}) { an_int a_text } }',
    first: { every_type: [1, 1].map((an_int) => ({ an_int, a_text: 'x'.repeat(40_000) })) },
    writes: [
      [update(4100, 'an_int = 1'), null],
      [update(4101, 'a_boolean = true'), null],
      [
        update(4101, 'an_int = 2'),
        { every_type: [1, 2].map((an_int) => ({ an_int, a_text: 'x'.repeat(40_000) })) },
      ],
    ],
  },
  {
    name: 'types: NULL in every column, then a value in each',
    before: [typed(4110)],
    query: `subscription { every_type_by_pk(id: 4110) { ${columns.replaceAll(',', '')} } }`,
    first: {
      every_type_by_pk: {
        id: 4110,
        ...Object.fromEntries(
          columns
            .split(', ')
            .slice(1)
            .map((name) => [name, null]),
        ),
      },
    },
    writes: [
      [
        update(
          4110,
          `a_boolean = true, an_int = 1, a_bigint = 2, a_numeric = 3.5, a_varchar = 'v', a_text = 't', a_uuid = '${uuid(4110)}', a_date = '2024-01-02', a_timestamp = '2024-01-02 03:04:05', a_json = '[1]', an_enum = 'calm'`,
        ),
        {
          every_type_by_pk: {
            id: 4110,
            a_boolean: true,
            an_int: 1,
            a_bigint: '2',
            a_numeric: '3.50',
            a_varchar: 'v',
            a_text: 't',
            a_uuid: uuid(4110),
            a_date: '2024-01-02',
            a_timestamp: '2024-01-02T03:04:05',
            a_json: [1],
            an_enum: 'calm',
          },
        },
      ],
    ],
  },
];
