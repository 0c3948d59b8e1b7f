import { author, book, change, desk, type LiveCase, mutation, person, role, sql } from './case.ts';

const people = (...names: string[]) => ({ live_people: names.map((name) => ({ name })) });
const list = 'subscription { live_people(order_by: {id: asc}) { name } }';
const teammate = (team: number) => role('teammate', { 'user-id': team });
const mine = (team: number, name = 'a') => person(team, { team, name });

/** Live queries of roles that must not see some of the changed rows. */
export const denied: readonly LiveCase[] = [
  {
    name: 'denied: rows of others, whatever happens to them',
    as: teammate(6000),
    before: [mine(6000), person(6001, { team: 6009, name: 'other' })],
    query: list,
    first: people('a'),
    writes: [
      [sql(change(6001, `name = 'still other'`)), null],
      [sql(change(6001, 'id = 6002')), null],
      [sql('delete from live_people where id = 6002'), null],
      [sql(person(6003, { team: 6009, name: 'one more' })), null],
      [sql(change(6000, `name = 'b'`)), people('b')],
    ],
  },
  {
    name: 'denied: a row that leaves, with its later values',
    as: teammate(6010),
    before: [mine(6010), person(6011, { team: 6010, name: 'b' })],
    query: list,
    first: people('a', 'b'),
    writes: [
      [sql(change(6011, `team = 6019, name = 'hidden'`)), people('a')],
      [sql(change(6011, `name = 'hidden too'`)), null],
      [sql(change(6011, 'team = 6010')), people('a', 'hidden too')],
    ],
  },
  {
    name: 'denied: another session variable of the same role has other rows',
    as: teammate(6020),
    query: list,
    first: people(),
    writes: [
      [sql(person(6021, { team: 6021, name: 'other' })), null],
      [sql(person(602, { team: 602, name: 'other' })), null],
      [sql(mine(6020)), people('a')],
    ],
  },
  {
    name: 'denied: a row of others by its key',
    as: teammate(6030),
    before: [person(6031, { team: 6039, name: 'other' })],
    query: 'subscription { live_people_by_pk(id: 6031) { name } }',
    first: { live_people_by_pk: null },
    writes: [
      [sql(change(6031, `name = 'still other'`)), null],
      [sql(change(6031, `team = 6030, name = 'mine'`)), { live_people_by_pk: { name: 'mine' } }],
      [sql(change(6031, 'team = 6039')), { live_people_by_pk: null }],
    ],
  },
  {
    name: 'denied: a hidden column, and that it has changed',
    as: teammate(6040),
    before: [mine(6040)],
    query: list,
    first: people('a'),
    writes: [
      [sql(change(6040, `city = 'rome'`)), null],
      [sql(change(6040, `city = null`)), null],
      [sql(change(6040, `name = 'b'`)), people('b')],
    ],
  },
  {
    name: 'denied: rows of others in counts, sums and groups',
    as: teammate(6050),
    before: [mine(6050)],
    query:
      'subscription { live_people_aggregate { aggregate { count sum { points } } group_by(keys: [{column: team}]) { group_key { team } aggregate { count } } } }',
    first: {
      live_people_aggregate: {
        aggregate: { count: 1, sum: { points: '0' } },
        group_by: [{ group_key: { team: 6050 }, aggregate: { count: 1 } }],
      },
    },
    writes: [
      [sql(person(6051, { team: 6059, name: 'other', points: 100 })), null],
      [
        sql(person(6052, { team: 6050, name: 'b', points: 3 })),
        {
          live_people_aggregate: {
            aggregate: { count: 2, sum: { points: '3' } },
            group_by: [{ group_key: { team: 6050 }, aggregate: { count: 2 } }],
          },
        },
      ],
    ],
  },
  {
    name: 'denied: rows of others in a connection and its total',
    as: teammate(6060),
    before: [mine(6060)],
    query: 'subscription { live_people_connection(first: 5) { totalCount nodes { name } } }',
    first: { live_people_connection: { totalCount: 1, nodes: [{ name: 'a' }] } },
    writes: [
      [sql(person(6061, { team: 6069, name: 'other' })), null],
      [
        sql(change(6060, `name = 'b'`)),
        { live_people_connection: { totalCount: 1, nodes: [{ name: 'b' }] } },
      ],
    ],
  },
  {
    name: 'denied: rows of others below a row of the role',
    as: teammate(6070),
    before: [mine(6070)],
    query: 'subscription { live_people_by_pk(id: 6070) { name live_people { name } } }',
    first: { live_people_by_pk: { name: 'a', live_people: [] } },
    writes: [
      [sql(person(6071, { team: 6079, name: 'other', boss: 6070 })), null],
      [
        sql(person(6072, { team: 6070, name: 'b', boss: 6070 })),
        { live_people_by_pk: { name: 'a', live_people: [{ name: 'b' }] } },
      ],
    ],
  },
  {
    name: 'denied: a hidden row above a row of the role',
    as: teammate(6080),
    before: [person(6081, { team: 6089, name: 'boss' }), person(6080, { team: 6080, name: 'a', boss: 6081 })],
    query: 'subscription { live_people { name boss { name } } }',
    first: { live_people: [{ name: 'a', boss: null }] },
    writes: [
      [sql(change(6081, `name = 'BOSS'`)), null],
      [sql(change(6080, `name = 'b'`)), { live_people: [{ name: 'b', boss: null }] }],
    ],
  },
  {
    name: 'denied: rows whose related row does not pass the filter',
    as: role('staff', { 'user-id': 6090 }),
    before: [person(6090, { team: 6090, name: 'boss' }), person(6091, { team: 6099, name: 'other boss' })],
    query: list,
    first: people(),
    writes: [
      [sql(person(6092, { team: 1, name: 'other', boss: 6091 })), null],
      [sql(person(6093, { team: 1, name: 'a', boss: 6090 })), people('a')],
      // The related row alone changes.
      [sql(change(6090, 'team = 6099')), people()],
      [sql(change(6093, `name = 'hidden'`)), null],
      [sql(change(6091, 'team = 6090')), people('other')],
    ],
  },
  {
    name: 'denied: rows whose related row in the other source does not pass the filter',
    as: role('helped'),
    before: [person(6100, { team: 6100, name: 'a' }), person(6101, { team: 6100, name: 'b' })],
    query: 'subscription { live_people(where: {team: {_eq: 6100}}, order_by: {id: asc}) { name } }',
    first: people(),
    writes: [
      [desk(`insert into live_tickets values (6100, 6100, 'closed', 0)`), null],
      [sql(change(6100, `name = 'hidden'`)), null],
      [desk(`insert into live_tickets values (6101, 6101, 'open', 1)`), people('b')],
      [desk('update live_tickets set is_open = 0 where id = 6101'), people()],
      [sql(change(6101, `name = 'hidden'`)), null],
      [desk('update live_tickets set is_open = 1 where id = 6100'), people('hidden')],
    ],
  },
  {
    name: 'denied: a masked value of others',
    as: role('masked', { 'user-id': 6110 }),
    before: [person(6110, { team: 6110, name: 'a' }), person(6111, { team: 6110, name: 'b' })],
    query: 'subscription { live_people(where: {team: {_eq: 6110}}, order_by: {id: asc}) { city } }',
    first: { live_people: [{ city: 'oslo' }, { city: null }] },
    writes: [
      [sql(change(6111, `city = 'rome'`)), null],
      [sql(change(6111, 'city = null')), null],
      [sql(change(6110, `city = 'rome'`)), { live_people: [{ city: 'rome' }, { city: null }] }],
    ],
  },
  {
    name: 'denied: a masked value in a condition, an order and an aggregate',
    as: role('masked', { 'user-id': 6120 }),
    before: [
      person(6120, { team: 6120, name: 'a', city: 'bern' }),
      person(6121, { team: 6120, name: 'b', city: 'a' }),
    ],
    query:
      'subscription { live_people_aggregate(where: {team: {_eq: 6120}, city: {_neq: "x"}}, order_by: {city: desc}) { aggregate { count max { city } } nodes { name } } }',
    first: {
      live_people_aggregate: { aggregate: { count: 1, max: { city: 'bern' } }, nodes: [{ name: 'a' }] },
    },
    writes: [
      [sql(change(6121, `city = 'zz'`)), null],
      [sql(change(6121, `city = 'x'`)), null],
      [
        sql(change(6120, `city = 'cc'`)),
        { live_people_aggregate: { aggregate: { count: 1, max: { city: 'cc' } }, nodes: [{ name: 'a' }] } },
      ],
    ],
  },
  {
    name: 'denied: more rows than the permission allows',
    as: role('top', { 'user-id': 6130 }),
    before: [mine(6130), person(6131, { team: 6130, name: 'b' }), person(6132, { team: 6130, name: 'c' })],
    query: 'subscription { live_people(order_by: {id: asc}, limit: 100) { name } }',
    first: people('a', 'b'),
    writes: [
      [sql(change(6132, `name = 'behind'`)), null],
      [sql('delete from live_people where id = 6130'), people('b', 'behind')],
    ],
  },
  {
    name: 'denied: an inherited role has the rows of its parts, and no others',
    as: role('both', { 'user-id': 6140 }),
    before: [mine(6140)],
    query: list,
    first: people('a'),
    writes: [
      [sql(person(6141, { team: 6149, name: 'other' })), null],
      [sql(person(6142, { team: 6149, name: 'staff', boss: 6140 })), people('a', 'staff')],
      [sql(person(6143, { team: 6149, name: 'staff of other', boss: 6141 })), null],
      [sql(change(6142, 'boss_id = 6141')), people('a')],
    ],
  },
  {
    name: 'denied: rows of others that the role writes to',
    as: teammate(6150),
    before: [mine(6150), person(6151, { team: 6159, name: 'other' })],
    query: list,
    first: people('a'),
    writes: [
      [mutation('update_live_people(where: {id: {_eq: 6151}}, _set: {name: "x"}) { affected_rows }'), null],
      [
        mutation('update_live_people(where: {id: {_eq: 6150}}, _set: {name: "b"}) { affected_rows }'),
        people('b'),
      ],
    ],
  },
  {
    name: 'denied: rows of a filter over a related row of another table',
    as: role('german'),
    before: [author(6160, 'a', 'FR'), book(6160, 6160, 'french')],
    query: 'subscription { live_books(where: {id: {_gte: 6160, _lt: 6170}}) { title } }',
    first: { live_books: [] },
    writes: [
      [sql(`update live_books set title = 'still french' where id = 6160`), null],
      [
        sql(`update live_authors set country = 'DE' where id = 6160`),
        { live_books: [{ title: 'still french' }] },
      ],
      [sql(`update live_authors set country = null where id = 6160`), { live_books: [] }],
    ],
  },
  {
    name: 'denied: a nested table with a filter of its own',
    as: role('short'),
    before: [author(6170, 'a')],
    query: 'subscription { live_authors_by_pk(id: 6170) { live_books(order_by: {id: asc}) { title } } }',
    first: { live_authors_by_pk: { live_books: [] } },
    writes: [
      [sql(book(6170, 6170, 'long', 500)), null],
      [sql(book(6171, 6170, 'short', 5)), { live_authors_by_pk: { live_books: [{ title: 'short' }] } }],
      [sql('update live_books set pages = 50 where id = 6171'), { live_authors_by_pk: { live_books: [] } }],
    ],
  },
  {
    name: 'denied: a filter within the other source',
    as: role('agent'),
    query:
      'subscription { live_tickets(where: {id: {_gte: 6180, _lt: 6190}}, order_by: {id: asc}) { subject } }',
    first: { live_tickets: [] },
    writes: [
      [desk(`insert into live_tickets values (6180, 1, 'closed', 0)`), null],
      [desk(`update live_tickets set subject = 'still closed' where id = 6180`), null],
      [desk(`insert into live_tickets values (6181, 1, 'open', 1)`), { live_tickets: [{ subject: 'open' }] }],
    ],
  },
  {
    name: 'denied: distinct rows of others',
    as: teammate(6190),
    before: [mine(6190)],
    query: 'subscription { live_people(distinct_on: [points], order_by: {points: desc}) { points } }',
    first: { live_people: [{ points: 0 }] },
    writes: [
      [sql(person(6191, { team: 6199, name: 'other', points: 5 })), null],
      [
        sql(person(6192, { team: 6190, name: 'b', points: 6 })),
        { live_people: [{ points: 6 }, { points: 0 }] },
      ],
    ],
  },
];
