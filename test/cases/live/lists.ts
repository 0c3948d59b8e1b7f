import { author as authorText, books, book as bookText, type LiveCase, sql, type Write } from './case.ts';

const mutation = (text: string): Write => ({ mutation: text });
const author = (...given: Parameters<typeof authorText>) => sql(authorText(...given));
const book = (...given: Parameters<typeof bookText>) => sql(bookText(...given));

/** Rows that exist before anything is asked. */
export const fixture: readonly Write[] = [
  ...[10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150].map((id) =>
    author(id, `author ${id}`),
  ),
  book(100, 10, 'first'),
  book(200, 20, 'first'),
  book(300, 30, 'first'),
  book(500, 50, 'first'),
  book(501, 50, 'second'),
  book(600, 60, 'first'),
  book(800, 80, 'first'),
];

export const lists: readonly LiveCase[] = [
  {
    name: 'a list: rows are inserted, updated and deleted',
    query: 'subscription { live_books(where: {author_id: {_eq: 10}}, order_by: {id: asc}) { title } }',
    first: books('first'),
    writes: [
      [book(101, 10, 'second'), books('first', 'second')],
      [sql(`update live_books set title = 'third' where id = 101`), books('first', 'third')],
      [sql('delete from live_books where id = 100'), books('third')],
    ],
  },
  {
    name: 'a list: rows of others change nothing, a row that moves does',
    query:
      'subscription ($a: Int!) { live_books(where: {author_id: {_eq: $a}}, order_by: {id: asc}) { title } }',
    variables: { a: 20 },
    first: books('first'),
    writes: [
      [book(210, 30, 'of another'), null],
      [sql(`update live_books set title = 'changed' where id = 210`), null],
      [sql('update live_books set author_id = 20 where id = 210'), books('first', 'changed')],
      [sql('update live_books set author_id = 30 where id = 210'), books('first')],
      [sql('delete from live_books where id = 210'), null],
      [sql(`update live_books set title = 'last' where id = 200`), books('last')],
    ],
  },
  {
    name: 'a row by its key: absent, inserted, updated, deleted',
    query: 'subscription { live_authors_by_pk(id: 41) { name } }',
    first: { live_authors_by_pk: null },
    writes: [
      [author(42, 'another'), null],
      [author(41, 'new'), { live_authors_by_pk: { name: 'new' } }],
      [
        sql(`update live_authors set name = 'newer' where id = 41`),
        { live_authors_by_pk: { name: 'newer' } },
      ],
      [sql('update live_authors set id = 43 where id = 41'), { live_authors_by_pk: null }],
      [sql('update live_authors set id = 41 where id = 43'), { live_authors_by_pk: { name: 'newer' } }],
      [sql('delete from live_authors where id = 41'), { live_authors_by_pk: null }],
    ],
  },
  {
    name: 'an aggregate',
    query:
      'subscription { live_books_aggregate(where: {author_id: {_eq: 50}}) { aggregate { count max { pages } } } }',
    first: { live_books_aggregate: { aggregate: { count: 2, max: { pages: 10 } } } },
    writes: [
      [
        book(502, 50, 'third', 300),
        { live_books_aggregate: { aggregate: { count: 3, max: { pages: 300 } } } },
      ],
      [sql(`update live_books set title = 'no matter' where id = 502`), null],
      [
        sql('delete from live_books where author_id = 50'),
        { live_books_aggregate: { aggregate: { count: 0, max: { pages: null } } } },
      ],
    ],
  },
  {
    name: 'a nested list changes with the table below',
    query:
      'subscription { live_authors(where: {id: {_eq: 60}}) { name live_books(order_by: {id: asc}) { title } } }',
    first: { live_authors: [{ name: 'author 60', live_books: [{ title: 'first' }] }] },
    writes: [
      [
        book(601, 60, 'second'),
        { live_authors: [{ name: 'author 60', live_books: [{ title: 'first' }, { title: 'second' }] }] },
      ],
      [
        sql(`update live_authors set name = 'renamed' where id = 60`),
        { live_authors: [{ name: 'renamed', live_books: [{ title: 'first' }, { title: 'second' }] }] },
      ],
    ],
  },
  {
    name: 'a condition on a related table',
    query: 'subscription { live_authors(where: {id: {_eq: 70}, live_books: {pages: {_gt: 100}}}) { name } }',
    first: { live_authors: [] },
    writes: [
      [book(700, 70, 'short', 5), null],
      [book(701, 70, 'long', 500), { live_authors: [{ name: 'author 70' }] }],
      [sql('update live_books set pages = 1 where id = 701'), { live_authors: [] }],
    ],
  },
  {
    name: 'rows that a foreign key deletes with their parent',
    query: 'subscription { live_books(where: {author_id: {_eq: 80}}) { title } }',
    first: books('first'),
    writes: [[sql('delete from live_authors where id = 80'), books()]],
  },
  {
    name: 'writes through Foz',
    query: 'subscription { live_books(where: {author_id: {_eq: 90}}, order_by: {id: asc}) { title } }',
    first: books(),
    writes: [
      [
        mutation(
          'mutation { insert_live_books(objects: [{id: 900, author_id: 90, title: "a", pages: 1}, {id: 901, author_id: 90, title: "b", pages: 1}]) { affected_rows } }',
        ),
        books('a', 'b'),
      ],
      [
        mutation('mutation { update_live_books_by_pk(pk_columns: {id: 900}, _set: {title: "c"}) { id } }'),
        books('c', 'b'),
      ],
      [mutation('mutation { delete_live_books(where: {author_id: {_eq: 90}}) { affected_rows } }'), books()],
    ],
  },
  {
    name: 'a Relay connection',
    query:
      'subscription { live_books_connection(first: 1, where: {author_id: {_eq: 100}}) { edges { node { title } } pageInfo { hasNextPage } } }',
    first: { live_books_connection: { edges: [], pageInfo: { hasNextPage: false } } },
    writes: [
      [
        book(1000, 100, 'one'),
        { live_books_connection: { edges: [{ node: { title: 'one' } }], pageInfo: { hasNextPage: false } } },
      ],
      [
        book(1001, 100, 'two'),
        { live_books_connection: { edges: [{ node: { title: 'one' } }], pageInfo: { hasNextPage: true } } },
      ],
    ],
  },
  {
    name: 'a role sees its rows: those of others change nothing',
    as: { 'x-foz-role': 'writer', 'x-foz-user-id': '110' },
    query: 'subscription { live_books(order_by: {id: asc}) { title } }',
    first: books(),
    writes: [
      [book(1100, 110, 'mine'), books('mine')],
      [book(1101, 120, 'of another'), null],
      [sql(`update live_books set author_id = 110, title = 'given' where id = 1101`), books('mine', 'given')],
      [sql('update live_books set author_id = 120 where id = 1101'), books('mine')],
    ],
  },
  {
    name: 'a stream: each new row once, in order',
    query:
      'subscription { live_books_stream(batch_size: 2, cursor: [{initial_value: {id: 1199}}], where: {author_id: {_eq: 120}}) { title } }',
    first: { live_books_stream: [] },
    writes: [
      [book(1200, 120, 'one'), { live_books_stream: [{ title: 'one' }] }],
      [sql(`update live_books set title = 'changed' where id = 1200`), null],
      [book(1201, 120, 'two'), { live_books_stream: [{ title: 'two' }] }],
    ],
  },
  {
    name: 'bulk: one statement writes many rows',
    query:
      'subscription { live_books(where: {author_id: {_eq: 130}, pages: {_gt: 10}}, order_by: {id: asc}) { id pages } }',
    first: { live_books: [] },
    writes: [
      [
        sql(
          `insert into live_books select id + 1290, 130, name, id from live_authors where id in (10, 20, 30)`,
        ),
        {
          live_books: [
            { id: 1310, pages: 20 },
            { id: 1320, pages: 30 },
          ],
        },
      ],
      [
        sql('update live_books set pages = pages + 5 where author_id = 130'),
        {
          live_books: [
            { id: 1300, pages: 15 },
            { id: 1310, pages: 25 },
            { id: 1320, pages: 35 },
          ],
        },
      ],
      [sql('delete from live_books where author_id = 130'), { live_books: [] }],
    ],
  },
  {
    name: 'bulk: rows behind the limit change nothing',
    query:
      'subscription { live_books(where: {author_id: {_eq: 140}}, order_by: {id: asc}, limit: 1) { title } }',
    first: books(),
    writes: [
      [book(1401, 140, 'one'), books('one')],
      [book(1402, 140, 'two'), null],
      [sql(`update live_books set title = 'changed' where id = 1402`), null],
      [book(1400, 140, 'before'), books('before')],
      [sql('delete from live_books where id = 1400'), books('one')],
      [sql('delete from live_books where id = 1401'), books('changed')],
    ],
  },
  {
    name: 'bulk: a write that stores the same values changes nothing',
    query:
      'subscription { live_authors_by_pk(id: 150) { name live_books_aggregate { aggregate { count } } } }',
    first: {
      live_authors_by_pk: { name: 'author 150', live_books_aggregate: { aggregate: { count: 0 } } },
    },
    writes: [
      [sql('update live_authors set name = name where id = 150'), null],
      [
        book(1500, 150, 'one'),
        { live_authors_by_pk: { name: 'author 150', live_books_aggregate: { aggregate: { count: 1 } } } },
      ],
      [sql('update live_books set author_id = author_id where id = 1500'), null],
      [
        sql('update live_books set author_id = 140, id = 1490 where id = 1500'),
        { live_authors_by_pk: { name: 'author 150', live_books_aggregate: { aggregate: { count: 0 } } } },
      ],
    ],
  },
];
