import { byProcess, change, commit, type LiveCase, mutation, person, role, rollback, sql } from './case.ts';

const rows = (...names: string[]) => ({ live_people_stream: names.map((name) => ({ name })) });
const stream = (team: number, more = 'batch_size: 10') =>
  `subscription { live_people_stream(${more}, cursor: [{initial_value: {id: ${team}}}], where: {team: {_eq: ${team}}}) { name } }`;

/** Streams: each new row once, in the order of the cursor. */
export const streams: readonly LiveCase[] = [
  {
    name: 'stream: rows that exist come first, and updates do not come',
    before: [person(5000, { team: 5000, name: 'before' }), person(5001, { team: 5000, name: 'a' })],
    query: stream(5000),
    first: rows('a'),
    writes: [
      [sql(change(5001, `name = 'A'`)), null],
      [sql(person(5002, { team: 5000, name: 'b' })), rows('b')],
      [sql('delete from live_people where id = 5001'), null],
      [byProcess(person(5003, { team: 5000, name: 'c' })), rows('c')],
      [mutation('insert_live_people_one(object: {id: 5004, team: 5000, name: "d"}) { id }'), rows('d')],
    ],
  },
  {
    name: 'stream: a transaction is one batch; none is sent of one that is rolled back',
    query: stream(5010),
    first: rows(),
    writes: [
      [rollback(person(5011, { team: 5010, name: 'never' })), null],
      [
        commit(person(5011, { team: 5010, name: 'a' }), person(5012, { team: 5010, name: 'b' })),
        rows('a', 'b'),
      ],
    ],
  },
  {
    name: 'stream: batches of the size that is asked for',
    before: [1, 2, 3].map((n) => person(5020 + n, { team: 5020, name: `n${n}` })),
    query: stream(5020, 'batch_size: 3'),
    first: rows('n1', 'n2', 'n3'),
    writes: [[sql(person(5024, { team: 5020, name: 'n4' })), rows('n4')]],
  },
  {
    name: 'stream: by a column that is not unique, then by the key',
    before: [person(5031, { team: 5030, name: 'a', points: 7 })],
    query:
      'subscription { live_people_stream(batch_size: 5, cursor: [{initial_value: {points: 5}}], where: {team: {_eq: 5030}}) { name } }',
    first: rows('a'),
    writes: [
      // Behind the place: by its points, and by its key.
      [sql(person(5032, { team: 5030, name: 'never', points: 6 })), null],
      [sql(person(5030, { team: 5030, name: 'never', points: 7 })), null],
      [sql(person(5033, { team: 5030, name: 'never', points: null })), null],
      [sql(person(5034, { team: 5030, name: 'b', points: 7 })), rows('b')],
      [sql(person(5035, { team: 5030, name: 'c', points: 8 })), rows('c')],
    ],
  },
  {
    name: 'stream: downwards',
    query:
      'subscription { live_people_stream(batch_size: 5, cursor: [{initial_value: {id: 5049}, ordering: desc}], where: {team: {_eq: 5040}}) { name } }',
    first: rows(),
    writes: [
      [sql(person(5048, { team: 5040, name: 'a' })), rows('a')],
      [sql(person(5049, { team: 5040, name: 'never' })), null],
      [sql(person(5047, { team: 5040, name: 'b' })), rows('b')],
    ],
  },
  {
    name: 'stream: related rows of each new row',
    before: [person(5050, { team: 5059, name: 'boss' })],
    query:
      'subscription { live_people_stream(batch_size: 5, cursor: [{initial_value: {id: 5050}}], where: {team: {_eq: 5050}}) { name boss { name } } }',
    first: { live_people_stream: [] },
    writes: [
      [sql(change(5050, `name = 'BOSS'`)), null],
      [
        sql(person(5051, { team: 5050, name: 'a', boss: 5050 })),
        { live_people_stream: [{ name: 'a', boss: { name: 'BOSS' } }] },
      ],
    ],
  },
  {
    name: 'stream: customized names',
    query:
      'subscription { new_labels(batch_size: 5, cursor: [{initial_value: {number: 5060}}], where: {number: {_lt: 5070}}) { text } }',
    first: { new_labels: [] },
    writes: [
      [sql(`insert into live_named values (5060, 'never')`), null],
      [sql(`insert into live_named values (5061, 'a')`), { new_labels: [{ text: 'a' }] }],
    ],
  },
  {
    name: 'denied: a stream has no rows of others, nor those that were given to the role behind its place',
    as: role('teammate', { 'user-id': 5070 }),
    query:
      'subscription { live_people_stream(batch_size: 5, cursor: [{initial_value: {id: 5070}}]) { name } }',
    first: rows(),
    writes: [
      [sql(person(5071, { team: 5079, name: 'never' })), null],
      [sql(person(5073, { team: 5070, name: 'a' })), rows('a')],
      [sql(change(5071, 'team = 5070')), null],
      [sql(person(5072, { team: 5070, name: 'never' })), null],
      [sql(person(5074, { team: 5070, name: 'b' })), rows('b')],
    ],
  },
  {
    name: 'denied: a stream has NULL for a masked value',
    as: role('masked', { 'user-id': 5081 }),
    query:
      'subscription { live_people_stream(batch_size: 5, cursor: [{initial_value: {id: 5080}}], where: {team: {_eq: 5080}}) { city } }',
    first: { live_people_stream: [] },
    writes: [
      [
        sql(person(5081, { team: 5080, name: 'mine', city: 'rome' })),
        { live_people_stream: [{ city: 'rome' }] },
      ],
      [
        sql(person(5082, { team: 5080, name: 'other', city: 'bern' })),
        { live_people_stream: [{ city: null }] },
      ],
    ],
  },
  {
    name: 'denied: a condition of a stream on a masked value reveals no row',
    as: role('masked', { 'user-id': 5092 }),
    query:
      'subscription { live_people_stream(batch_size: 5, cursor: [{initial_value: {id: 5090}}], where: {team: {_eq: 5090}, city: {_eq: "rome"}}) { id } }',
    first: { live_people_stream: [] },
    writes: [
      [sql(person(5091, { team: 5090, name: 'other', city: 'rome' })), null],
      [sql(person(5092, { team: 5090, name: 'mine', city: 'rome' })), { live_people_stream: [{ id: 5092 }] }],
    ],
  },
];
