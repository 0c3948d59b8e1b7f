import { author, book, change, commit, type LiveCase, mutation, person, sql } from './case.ts';

const people = (...names: string[]) => ({ live_people: names.map((name) => ({ name })) });
const three = (team: number) => [
  person(team, { team, name: 'a', points: 3 }),
  person(team + 1, { team, name: 'b', points: 2 }),
  person(team + 2, { team, name: 'c', points: 1 }),
];

/** Lists with orders, pages, distinct rows and conditions. */
export const results: readonly LiveCase[] = [
  {
    name: 'a page of an ordered list: rows move over its borders',
    before: three(1000),
    query:
      'subscription { live_people(where: {team: {_eq: 1000}}, order_by: {points: desc}, limit: 1, offset: 1) { name } }',
    first: people('b'),
    writes: [
      [sql(change(1002, 'points = 9')), people('a')],
      [sql(change(1001, 'points = 0')), null],
      [sql(change(1000, 'points = 20')), people('c')],
      [sql('delete from live_people where id = 1002'), people('b')],
    ],
  },
  {
    name: 'two orders, and NULL at the end',
    before: three(1010),
    query:
      'subscription { live_people(where: {team: {_eq: 1010}}, order_by: [{points: asc_nulls_last}, {name: desc}]) { name } }',
    first: people('c', 'b', 'a'),
    writes: [
      [sql(change(1012, 'points = null')), people('b', 'a', 'c')],
      [sql(change(1010, 'points = 2')), null],
      [sql(change(1010, `name = 'z'`)), people('z', 'b', 'c')],
    ],
  },
  {
    name: 'distinct_on: the row of each group',
    before: three(1020),
    query:
      'subscription { live_people(where: {team: {_eq: 1020}}, distinct_on: [points], order_by: [{points: asc}, {id: asc}]) { name } }',
    first: people('c', 'b', 'a'),
    writes: [
      [sql(person(1029, { team: 1020, name: 'behind a', points: 3 })), null],
      [sql(change(1021, 'points = 1')), people('b', 'a')],
      [sql('delete from live_people where id = 1020'), people('b', 'behind a')],
    ],
  },
  {
    name: 'a list of values as a variable',
    before: three(1030),
    query:
      'subscription ($ids: [Int!]!) { live_people(where: {id: {_in: $ids}}, order_by: {id: asc}) { name } }',
    variables: { ids: [1030, 1032, 1035] },
    first: people('a', 'c'),
    writes: [
      [sql(change(1031, `name = 'no matter'`)), null],
      [sql(person(1035, { team: 1030, name: 'new' })), people('a', 'c', 'new')],
      [sql(change(1030, `name = 'A'`)), people('A', 'c', 'new')],
    ],
  },
  {
    name: 'a pattern: a row begins to match, and ends to',
    before: three(1040),
    query:
      'subscription { live_people(where: {team: {_eq: 1040}, name: {_like: "x%"}}, order_by: {id: asc}) { name } }',
    first: people(),
    writes: [
      [sql(change(1040, `name = 'ax'`)), null],
      [sql(change(1041, `name = 'xa'`)), people('xa')],
      [sql(change(1041, `name = 'a'`)), people()],
    ],
  },
  {
    name: '_or and _not',
    before: three(1050),
    query:
      'subscription { live_people(where: {team: {_eq: 1050}, _or: [{points: {_gt: 2}}, {_not: {city: {_eq: "oslo"}}}]}, order_by: {id: asc}) { name } }',
    first: people('a'),
    writes: [
      [sql(change(1051, `city = 'rome'`)), people('a', 'b')],
      // A comparison with NULL is neither true nor false.
      [sql(change(1052, 'city = null')), null],
      [sql(change(1050, 'points = 1')), people('b')],
    ],
  },
  {
    name: '_is_null',
    before: three(1060),
    query: 'subscription { live_people(where: {team: {_eq: 1060}, points: {_is_null: true}}) { name } }',
    first: people(),
    writes: [
      [sql(change(1060, 'points = 4')), null],
      [sql(change(1060, 'points = null')), people('a')],
      [sql(change(1060, 'points = 0')), people()],
    ],
  },
  {
    name: 'fragments, aliases, directives and __typename',
    before: three(1070),
    query: `subscription ($with: Boolean!) { all: live_people(where: {team: {_eq: 1070}}, order_by: {id: asc}, limit: 1) { ...Part points @skip(if: $with) } }
      fragment Part on live_people { __typename who: name city @include(if: $with) }`,
    variables: { with: true },
    first: { all: [{ __typename: 'live_people', who: 'a', city: 'oslo' }] },
    writes: [
      [sql(change(1070, 'points = 99')), null],
      [sql(change(1070, `city = 'rome'`)), { all: [{ __typename: 'live_people', who: 'a', city: 'rome' }] }],
    ],
  },
  {
    name: 'sums, extremes and distinct counts',
    before: three(1080),
    query:
      'subscription { live_people_aggregate(where: {team: {_eq: 1080}}) { aggregate { count sum { points } min { name } max { points } } } }',
    first: {
      live_people_aggregate: {
        aggregate: { count: 3, sum: { points: '6' }, min: { name: 'a' }, max: { points: 3 } },
      },
    },
    writes: [
      // The sum, the count and the extremes stay the same.
      [commit(change(1081, 'points = 1'), change(1082, 'points = 2')), null],
      [
        sql(change(1080, 'points = null')),
        {
          live_people_aggregate: {
            aggregate: { count: 3, sum: { points: '3' }, min: { name: 'a' }, max: { points: 2 } },
          },
        },
      ],
    ],
  },
  {
    name: 'groups: one appears and one vanishes',
    before: three(1090),
    query:
      'subscription { live_people_aggregate(where: {team: {_eq: 1090}}) { group_by(keys: [{column: city}]) { group_key { city } aggregate { count } } } }',
    first: {
      live_people_aggregate: { group_by: [{ group_key: { city: 'oslo' }, aggregate: { count: 3 } }] },
    },
    writes: [
      [
        sql(change(1090, `city = 'bern'`)),
        {
          live_people_aggregate: {
            group_by: [
              { group_key: { city: 'bern' }, aggregate: { count: 1 } },
              { group_key: { city: 'oslo' }, aggregate: { count: 2 } },
            ],
          },
        },
      ],
      [sql(change(1090, `name = 'no matter'`)), null],
      [
        sql(`delete from live_people where team = 1090 and city = 'oslo'`),
        { live_people_aggregate: { group_by: [{ group_key: { city: 'bern' }, aggregate: { count: 1 } }] } },
      ],
    ],
  },
  {
    name: 'the last page of a connection, and its total',
    before: three(1100),
    query:
      'subscription { live_people_connection(last: 1, where: {team: {_eq: 1100}}, order_by: {id: asc}) { nodes { name } totalCount } }',
    first: { live_people_connection: { nodes: [{ name: 'c' }], totalCount: 3 } },
    writes: [
      [sql(change(1100, `name = 'no matter'`)), null],
      [
        sql('delete from live_people where id = 1100'),
        { live_people_connection: { nodes: [{ name: 'c' }], totalCount: 2 } },
      ],
      [
        sql(person(1109, { team: 1100, name: 'last' })),
        { live_people_connection: { nodes: [{ name: 'last' }], totalCount: 3 } },
      ],
    ],
  },
  {
    name: 'a row by a key of two columns',
    before: [...three(1110), `insert into live_tags values (1110, 'old')`],
    query: 'subscription { live_people_tags_by_pk(person_id: 1110, tag_id: 1110) { tag { label } } }',
    first: { live_people_tags_by_pk: null },
    writes: [
      [sql('insert into live_people_tags values (1111, 1110)'), null],
      [
        sql('insert into live_people_tags values (1110, 1110)'),
        { live_people_tags_by_pk: { tag: { label: 'old' } } },
      ],
      [
        sql(`update live_tags set label = 'new' where id = 1110`),
        { live_people_tags_by_pk: { tag: { label: 'new' } } },
      ],
      [
        sql('delete from live_people_tags where person_id = 1110 and tag_id = 1110'),
        { live_people_tags_by_pk: null },
      ],
    ],
  },
  {
    name: 'a view',
    before: [author(1120, 'v'), book(1120, 1120, 'short', 5)],
    query: 'subscription { live_long_books(where: {author_id: {_eq: 1120}}) { title } }',
    first: { live_long_books: [] },
    writes: [
      [sql(`update live_books set title = 'still short' where id = 1120`), null],
      [
        sql('update live_books set pages = 500 where id = 1120'),
        { live_long_books: [{ title: 'still short' }] },
      ],
      [sql('update live_books set pages = 5 where id = 1120'), { live_long_books: [] }],
    ],
  },
  {
    name: 'a table without a key',
    query:
      'subscription { live_visits(where: {page: {_eq: "p1130"}}, order_by: {seconds: asc}) { seconds } }',
    first: { live_visits: [] },
    writes: [
      [sql(`insert into live_visits values ('other', 1)`), null],
      [
        sql(`insert into live_visits values ('p1130', 1), ('p1130', 1)`),
        { live_visits: [{ seconds: 1 }, { seconds: 1 }] },
      ],
      [sql(`delete from live_visits where page = 'p1130'`), { live_visits: [] }],
    ],
  },
  {
    name: 'customized names of a table, its fields and its columns',
    before: [`insert into live_named values (1140, 'a')`],
    query: 'subscription { labels(where: {number: {_eq: 1140}}) { __typename text } }',
    first: { labels: [{ __typename: 'Label', text: 'a' }] },
    writes: [
      [sql(`insert into live_named values (1141, 'other')`), null],
      [
        sql(`update live_named set long_label = 'b' where key_no = 1140`),
        { labels: [{ __typename: 'Label', text: 'b' }] },
      ],
      [sql('update live_named set key_no = 1142 where key_no = 1140'), { labels: [] }],
    ],
  },
  {
    name: 'customized names: a row by its key',
    query: 'subscription { one_label(number: 1150) { text } }',
    first: { one_label: null },
    writes: [
      [sql(`insert into live_named values (1150, 'a')`), { one_label: { text: 'a' } }],
      [sql(`insert into live_named values (1151, 'b')`), null],
      [sql(`update live_named set long_label = null where key_no = 1150`), { one_label: { text: null } }],
    ],
  },
  {
    name: 'names that are words of SQL',
    query: 'subscription { group(where: {key: {_eq: 1160}}) { order where } }',
    first: { group: [] },
    writes: [
      [mutation('insert_group_one(object: {key: 1161, order: "other"}) { key }'), null],
      [
        mutation('insert_group_one(object: {key: 1160, order: "x", where: "y"}) { key }'),
        { group: [{ order: 'x', where: 'y' }] },
      ],
      [mutation('delete_group(where: {key: {_eq: 1160}}) { affected_rows }'), { group: [] }],
    ],
  },
];
