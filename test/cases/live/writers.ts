import {
  author,
  book,
  books,
  byProcess,
  change,
  commit,
  type LiveCase,
  mutation,
  person,
  rollback,
  sql,
} from './case.ts';

const named = (name: string | null) => ({ live_people_by_pk: name === null ? null : { name } });
const byKey = (id: number) => `subscription { live_people_by_pk(id: ${id}) { name } }`;
const ofAuthor = (id: number) =>
  `subscription { live_books(where: {author_id: {_eq: ${id}}}, order_by: {id: asc}) { title } }`;
const names = (id: number, count: number) =>
  Array.from({ length: count }, (_, n) => change(id, `name = 'n${n}'`));

const upsert = (name: string) =>
  mutation(
    `insert_live_people_one(object: {id: 3050, team: 3050, name: "${name}"}, on_conflict: {constraint: live_people_pkey, update_columns: [name]}) { id }`,
  );

/** Who writes, and how. */
export const writers: readonly LiveCase[] = [
  {
    name: 'another process inserts, updates and deletes',
    query: byKey(3000),
    first: named(null),
    writes: [
      [byProcess(person(3001, { team: 3000, name: 'other' })), null],
      [byProcess(person(3000, { team: 3000, name: 'a' })), named('a')],
      [byProcess(change(3000, `name = 'b'`)), named('b')],
      [byProcess('delete from live_people where id = 3000'), named(null)],
    ],
  },
  {
    name: 'three writers in turn',
    before: [person(3010, { team: 3010, name: 'a' })],
    query: byKey(3010),
    first: named('a'),
    writes: [
      [sql(change(3010, `name = 'b'`)), named('b')],
      [byProcess(change(3010, `name = 'c'`)), named('c')],
      [mutation('update_live_people_by_pk(pk_columns: {id: 3010}, _set: {name: "d"}) { id }'), named('d')],
      [byProcess(change(3010, `name = 'd'`)), null],
      [sql(change(3010, `name = 'a'`)), named('a')],
    ],
  },
  {
    name: 'a transaction over several tables is one answer',
    query: 'subscription { live_authors_by_pk(id: 3020) { name live_books(order_by: {id: asc}) { title } } }',
    first: { live_authors_by_pk: null },
    writes: [
      [
        commit(
          author(3020, 'a'),
          book(3020, 3020, 'x'),
          book(3021, 3020, 'y'),
          `update live_authors set name = 'b' where id = 3020`,
        ),
        { live_authors_by_pk: { name: 'b', live_books: [{ title: 'x' }, { title: 'y' }] } },
      ],
      [
        commit(
          `update live_books set title = 'y' where id = 3020`,
          `update live_books set title = 'x' where id = 3021`,
        ),
        { live_authors_by_pk: { name: 'b', live_books: [{ title: 'y' }, { title: 'x' }] } },
      ],
    ],
  },
  {
    name: 'a transaction that is rolled back changes nothing',
    before: [person(3030, { team: 3030, name: 'a' })],
    query: byKey(3030),
    first: named('a'),
    writes: [
      [rollback(change(3030, `name = 'never'`), 'delete from live_people where id = 3030'), null],
      [rollback(change(3030, `name = 'never'`)), null],
      [commit(change(3030, `name = 'b'`)), named('b')],
    ],
  },
  {
    name: 'a row that is inserted and deleted within a transaction changes nothing',
    query: 'subscription { live_people(where: {team: {_eq: 3040}}) { name } }',
    first: { live_people: [] },
    writes: [
      [commit(person(3040, { team: 3040, name: 'never' }), 'delete from live_people where id = 3040'), null],
      [
        commit(person(3041, { team: 3041, name: 'a' }), change(3041, 'team = 3040')),
        { live_people: [{ name: 'a' }] },
      ],
    ],
  },
  {
    name: 'an upsert through Foz: inserted, updated, left alone',
    query: byKey(3050),
    first: named(null),
    writes: [
      [upsert('a'), named('a')],
      [upsert('b'), named('b')],
      [upsert('b'), null],
      [upsert('c'), named('c')],
    ],
  },
  {
    name: 'a nested insert through Foz is one answer',
    query:
      'subscription { live_authors(where: {name: {_eq: "nested 3060"}}) { live_books(order_by: {id: asc}) { title } } }',
    first: { live_authors: [] },
    writes: [
      [
        mutation(
          'insert_live_authors_one(object: {id: 3060, name: "nested 3060", live_books: {data: [{id: 3060, title: "x", pages: 1}, {id: 3061, title: "y", pages: 1}]}}) { id }',
        ),
        { live_authors: [{ live_books: [{ title: 'x' }, { title: 'y' }] }] },
      ],
    ],
  },
  {
    name: 'several fields of one mutation are one answer',
    before: [author(3070, 'a')],
    query: ofAuthor(3070),
    first: books(),
    writes: [
      [
        mutation(
          'a: insert_live_books_one(object: {id: 3070, author_id: 3070, title: "x", pages: 1}) { id } b: insert_live_books_one(object: {id: 3071, author_id: 3070, title: "y", pages: 1}) { id } c: update_live_books_by_pk(pk_columns: {id: 3070}, _set: {title: "z"}) { id }',
        ),
        books('z', 'y'),
      ],
    ],
  },
  {
    name: 'a mutation that is refused changes nothing, not even its first fields',
    before: [author(3080, 'a'), book(3080, 3080, 'x')],
    query: ofAuthor(3080),
    first: books('x'),
    writes: [
      [
        {
          failing:
            'mutation { a: update_live_books_by_pk(pk_columns: {id: 3080}, _set: {title: "never"}) { id } b: insert_live_books_one(object: {id: 3080, author_id: 3080, title: "again", pages: 1}) { id } }',
        },
        null,
      ],
      [mutation('update_live_books_by_pk(pk_columns: {id: 3080}, _set: {title: "y"}) { id }'), books('y')],
    ],
  },
  {
    name: 'many updates in one field, and deletes by key',
    before: [author(3090, 'a'), book(3090, 3090, 'x'), book(3091, 3090, 'y')],
    query: ofAuthor(3090),
    first: books('x', 'y'),
    writes: [
      [
        mutation(
          'update_live_books_many(updates: [{where: {id: {_eq: 3090}}, _set: {title: "X"}}, {where: {id: {_eq: 3091}}, _set: {title: "Y"}}]) { affected_rows }',
        ),
        books('X', 'Y'),
      ],
      [
        mutation('update_live_books(where: {author_id: {_eq: 3090}}, _inc: {pages: 1}) { affected_rows }'),
        null,
      ],
      [mutation('delete_live_books_by_pk(id: 3090) { id }'), books('Y')],
    ],
  },
  {
    name: 'a mutation that stores the same values changes nothing',
    before: [person(3100, { team: 3100, name: 'a' })],
    query: byKey(3100),
    first: named('a'),
    writes: [
      [mutation('update_live_people_by_pk(pk_columns: {id: 3100}, _set: {name: "a"}) { id }'), null],
      [mutation('update_live_people(where: {id: {_eq: 0}}, _set: {name: "x"}) { affected_rows }'), null],
      [mutation('update_live_people_by_pk(pk_columns: {id: 3100}, _set: {name: "b"}) { id }'), named('b')],
    ],
  },
  {
    name: 'rows that a trigger writes',
    before: [`insert into live_sums values ('s3110', 0)`],
    query: 'subscription { live_sums_by_pk(item: "s3110") { total } }',
    first: { live_sums_by_pk: { total: 0 } },
    writes: [
      [sql(`insert into live_sales values (3110, 'other', 5)`), null],
      [sql(`insert into live_sales values (3111, 's3110', 5)`), { live_sums_by_pk: { total: 5 } }],
      [
        mutation('insert_live_sales_one(object: {id: 3112, item: "s3110", amount: 2}) { id }'),
        { live_sums_by_pk: { total: 7 } },
      ],
      [byProcess(`insert into live_sales values (3113, 's3110', 1)`), { live_sums_by_pk: { total: 8 } }],
    ],
  },
  {
    name: 'rows that a foreign key deletes, by Foz and by another process',
    before: [author(3120, 'a'), author(3121, 'b'), book(3120, 3120, 'x'), book(3121, 3121, 'y')],
    query:
      'subscription { live_books(where: {author_id: {_in: [3120, 3121]}}, order_by: {id: asc}) { title } }',
    first: books('x', 'y'),
    writes: [
      [mutation('delete_live_authors_by_pk(id: 3120) { id }'), books('y')],
      [byProcess('delete from live_authors where id = 3121'), books()],
    ],
  },
  {
    name: 'a burst by a client is answered at intervals',
    before: [person(3130, { team: 3130, name: 'a' })],
    query: byKey(3130),
    first: named('a'),
    writes: [
      [{ burst: names(3130, 60), by: 'client' }, named('n59')],
      [sql(change(3130, `name = 'end'`)), named('end')],
    ],
  },
  {
    name: 'a burst by another process is answered at intervals',
    before: [person(3140, { team: 3140, name: 'a' })],
    query: byKey(3140),
    first: named('a'),
    writes: [
      [{ burst: names(3140, 60), by: 'process' }, named('n59')],
      [byProcess(change(3140, `name = 'end'`)), named('end')],
    ],
  },
  {
    name: 'a burst through Foz is answered at intervals',
    before: [person(3150, { team: 3150, name: 'a' })],
    query: byKey(3150),
    first: named('a'),
    writes: [
      [
        {
          burst: Array.from(
            { length: 40 },
            (_, n) =>
              `mutation { update_live_people_by_pk(pk_columns: {id: 3150}, _set: {name: "m${n}"}) { id } }`,
          ),
          by: 'foz',
        },
        named('m39'),
      ],
      [sql(change(3150, `name = 'end'`)), named('end')],
    ],
  },
  {
    name: 'all rows of a table are removed at once',
    before: [`insert into live_gone values (1, 'a'), (2, 'b')`],
    query: 'subscription { live_gone(order_by: {id: asc}) { label } }',
    first: { live_gone: [{ label: 'a' }, { label: 'b' }] },
    writes: [
      [sql(`update live_gone set label = 'c' where id = 1`), { live_gone: [{ label: 'c' }, { label: 'b' }] }],
      [{ truncate: 'live_gone' }, { live_gone: [] }],
      [sql(`insert into live_gone values (3, 'd')`), { live_gone: [{ label: 'd' }] }],
    ],
  },
  {
    name: 'a column is added while a row is watched',
    before: [`insert into live_altered values (1, 'a')`],
    query: 'subscription { live_altered_by_pk(id: 1) { label } }',
    first: { live_altered_by_pk: { label: 'a' } },
    writes: [
      [sql(`update live_altered set label = 'b' where id = 1`), { live_altered_by_pk: { label: 'b' } }],
      [sql('alter table live_altered add column added integer'), null],
      [sql(`update live_altered set label = 'c' where id = 1`), { live_altered_by_pk: { label: 'c' } }],
      [sql(`delete from live_altered`), { live_altered_by_pk: null }],
    ],
  },
];
