import { author, book, change, desk, type LiveCase, person, sql } from './case.ts';

const tags = (...labels: string[]) => ({
  live_people_by_pk: { live_people_tags: labels.map((label) => ({ tag: { label } })) },
});
const ticket = (id: number, person: number, subject: string, open = 1) =>
  desk(`insert into live_tickets values (${id}, ${person}, '${subject}', ${open})`);

/** Rows of related tables: in answers, conditions and orders, also of another source. */
export const nested: readonly LiveCase[] = [
  {
    name: 'an object: the row above changes, and another one takes its place',
    before: [author(2000, 'a'), author(2001, 'b'), book(2000, 2000, 't')],
    query: 'subscription { live_books_by_pk(id: 2000) { title author { name } } }',
    first: { live_books_by_pk: { title: 't', author: { name: 'a' } } },
    writes: [
      [sql(`update live_authors set name = 'c' where id = 2001`), null],
      [
        sql(`update live_authors set name = 'A' where id = 2000`),
        { live_books_by_pk: { title: 't', author: { name: 'A' } } },
      ],
      [
        sql('update live_books set author_id = 2001 where id = 2000'),
        { live_books_by_pk: { title: 't', author: { name: 'c' } } },
      ],
    ],
  },
  {
    name: 'a table joined with itself, both ways',
    before: [
      person(2010, { team: 2010, name: 'boss' }),
      person(2011, { team: 2010, name: 'staff', boss: 2010 }),
    ],
    query:
      'subscription { live_people_by_pk(id: 2011) { boss { name } live_people(order_by: {id: asc}) { name } } }',
    first: { live_people_by_pk: { boss: { name: 'boss' }, live_people: [] } },
    writes: [
      [
        sql(person(2012, { team: 2010, name: 'trainee', boss: 2011 })),
        { live_people_by_pk: { boss: { name: 'boss' }, live_people: [{ name: 'trainee' }] } },
      ],
      [
        sql(change(2010, `name = 'BOSS'`)),
        { live_people_by_pk: { boss: { name: 'BOSS' }, live_people: [{ name: 'trainee' }] } },
      ],
      [sql(change(2012, 'points = 5')), null],
      [
        sql(change(2011, 'boss_id = null')),
        { live_people_by_pk: { boss: null, live_people: [{ name: 'trainee' }] } },
      ],
    ],
  },
  {
    name: 'three levels',
    before: [
      person(2020, { team: 2020, name: 'a' }),
      person(2021, { team: 2020, name: 'b', boss: 2020 }),
      person(2022, { team: 2020, name: 'c', boss: 2021 }),
    ],
    query: 'subscription { live_people_by_pk(id: 2022) { boss { boss { live_people { name } } } } }',
    first: { live_people_by_pk: { boss: { boss: { live_people: [{ name: 'b' }] } } } },
    writes: [
      [sql(change(2022, `name = 'no matter'`)), null],
      [
        sql(change(2021, `name = 'B'`)),
        { live_people_by_pk: { boss: { boss: { live_people: [{ name: 'B' }] } } } },
      ],
      [sql(change(2021, 'boss_id = null')), { live_people_by_pk: { boss: { boss: null } } }],
    ],
  },
  {
    name: 'many to many: the row between, and the row behind it',
    before: [
      person(2030, { team: 2030, name: 'a' }),
      `insert into live_tags values (2030, 'x'), (2031, 'y')`,
      'insert into live_people_tags values (2030, 2030)',
    ],
    query:
      'subscription { live_people_by_pk(id: 2030) { live_people_tags(order_by: {tag_id: asc}) { tag { label } } } }',
    first: tags('x'),
    writes: [
      [sql(`update live_tags set label = 'Y' where id = 2031`), null],
      [sql('insert into live_people_tags values (2030, 2031)'), tags('x', 'Y')],
      [sql(`update live_tags set label = 'X' where id = 2030`), tags('X', 'Y')],
      [sql('delete from live_people_tags where person_id = 2030'), tags()],
    ],
  },
  {
    name: 'a nested list with a condition, an order and a limit',
    before: [
      author(2040, 'a'),
      book(2040, 2040, 'p', 10),
      book(2041, 2040, 'q', 20),
      book(2042, 2040, 'r', 30),
    ],
    query:
      'subscription { live_authors_by_pk(id: 2040) { live_books(where: {pages: {_lt: 25}}, order_by: {pages: desc}, limit: 1) { title } } }',
    first: { live_authors_by_pk: { live_books: [{ title: 'q' }] } },
    writes: [
      [sql('update live_books set pages = 26 where id = 2042'), null],
      [
        sql('update live_books set pages = 24 where id = 2042'),
        { live_authors_by_pk: { live_books: [{ title: 'r' }] } },
      ],
      [sql(`update live_books set title = 'behind' where id = 2041`), null],
      [
        sql('delete from live_books where id = 2042'),
        { live_authors_by_pk: { live_books: [{ title: 'behind' }] } },
      ],
    ],
  },
  {
    name: 'an aggregate of related rows',
    before: [author(2050, 'a'), author(2051, 'b')],
    query:
      'subscription { live_authors(where: {id: {_in: [2050, 2051]}}, order_by: {id: asc}) { live_books_aggregate(where: {pages: {_gt: 5}}) { aggregate { count } } } }',
    first: {
      live_authors: [0, 0].map((count) => ({ live_books_aggregate: { aggregate: { count } } })),
    },
    writes: [
      [sql(book(2050, 2050, 'short', 1)), null],
      [
        sql(book(2051, 2051, 'long', 100)),
        { live_authors: [0, 1].map((count) => ({ live_books_aggregate: { aggregate: { count } } })) },
      ],
      [
        sql('update live_books set author_id = 2050 where id = 2051'),
        { live_authors: [1, 0].map((count) => ({ live_books_aggregate: { aggregate: { count } } })) },
      ],
    ],
  },
  {
    name: 'an order by a related row',
    before: [author(2060, 'b'), author(2061, 'c'), book(2060, 2060, 'p'), book(2061, 2061, 'q')],
    query:
      'subscription { live_books(where: {author_id: {_in: [2060, 2061]}}, order_by: {author: {name: asc}}) { title } }',
    first: { live_books: [{ title: 'p' }, { title: 'q' }] },
    writes: [
      [sql(`update live_authors set country = 'FR' where id = 2061`), null],
      [
        sql(`update live_authors set name = 'a' where id = 2061`),
        { live_books: [{ title: 'q' }, { title: 'p' }] },
      ],
    ],
  },
  {
    name: 'a condition on the number of related rows, and an order by it',
    before: [author(2070, 'a'), author(2071, 'b'), book(2070, 2070, 'x'), book(2071, 2071, 'x')],
    query:
      'subscription { live_authors(where: {id: {_in: [2070, 2071]}, live_books_aggregate: {count: {predicate: {_gt: 0}}}}, order_by: [{live_books_aggregate: {count: desc}}, {id: asc}]) { name } }',
    first: { live_authors: [{ name: 'a' }, { name: 'b' }] },
    writes: [
      [sql(book(2072, 2071, 'y')), { live_authors: [{ name: 'b' }, { name: 'a' }] }],
      [sql(`update live_books set title = 'z' where id = 2072`), null],
      [sql('delete from live_books where author_id = 2070'), { live_authors: [{ name: 'b' }] }],
    ],
  },
  {
    name: 'across sources: a list of the other source',
    before: [person(2080, { team: 2080, name: 'a' }), person(2081, { team: 2080, name: 'b' })],
    query:
      'subscription { live_people_by_pk(id: 2080) { name tickets(where: {is_open: {_eq: 1}}, order_by: {id: asc}) { subject } } }',
    first: { live_people_by_pk: { name: 'a', tickets: [] } },
    writes: [
      [ticket(2080, 2081, 'of another'), null],
      [ticket(2081, 2080, 'closed', 0), null],
      [ticket(2082, 2080, 'mine'), { live_people_by_pk: { name: 'a', tickets: [{ subject: 'mine' }] } }],
      [sql(change(2080, `name = 'A'`)), { live_people_by_pk: { name: 'A', tickets: [{ subject: 'mine' }] } }],
      [
        desk('update live_tickets set person_id = 2080 where id = 2080'),
        { live_people_by_pk: { name: 'A', tickets: [{ subject: 'of another' }, { subject: 'mine' }] } },
      ],
    ],
  },
  {
    name: 'across sources: an object of the database under test',
    before: [person(2090, { team: 2090, name: 'a' }), person(2091, { team: 2090, name: 'b' })],
    query:
      'subscription { live_tickets(where: {person_id: {_in: [2090, 2091]}}) { subject person { name } } }',
    first: { live_tickets: [] },
    writes: [
      [ticket(2090, 2090, 't'), { live_tickets: [{ subject: 't', person: { name: 'a' } }] }],
      [sql(change(2091, `name = 'no matter'`)), null],
      [sql(change(2090, `name = 'A'`)), { live_tickets: [{ subject: 't', person: { name: 'A' } }] }],
      [sql('delete from live_people where id = 2090'), { live_tickets: [{ subject: 't', person: null }] }],
    ],
  },
  {
    name: 'across sources: a condition',
    before: [person(2100, { team: 2100, name: 'a' }), person(2101, { team: 2100, name: 'b' })],
    query:
      'subscription { live_people(where: {team: {_eq: 2100}, tickets: {is_open: {_eq: 1}}}, order_by: {id: asc}) { name } }',
    first: { live_people: [] },
    writes: [
      [ticket(2100, 2100, 'closed', 0), null],
      [ticket(2101, 2101, 'open'), { live_people: [{ name: 'b' }] }],
      [
        desk('update live_tickets set is_open = 1 where id = 2100'),
        { live_people: [{ name: 'a' }, { name: 'b' }] },
      ],
      [desk('update live_tickets set is_open = 0 where id = 2101'), { live_people: [{ name: 'a' }] }],
    ],
  },
  {
    name: 'across sources: an order by a count',
    before: [person(2110, { team: 2110, name: 'a' }), person(2111, { team: 2110, name: 'b' })],
    query:
      'subscription { live_people(where: {team: {_eq: 2110}}, order_by: [{tickets_aggregate: {count: desc}}, {id: asc}]) { name } }',
    first: { live_people: [{ name: 'a' }, { name: 'b' }] },
    writes: [
      [ticket(2110, 2110, 'x'), null],
      [
        desk(`insert into live_tickets values (2111, 2111, 'y', 1), (2112, 2111, 'z', 1)`),
        { live_people: [{ name: 'b' }, { name: 'a' }] },
      ],
    ],
  },
  {
    name: 'across sources: an aggregate',
    before: [person(2120, { team: 2120, name: 'a' })],
    query: 'subscription { live_people_by_pk(id: 2120) { tickets_aggregate { aggregate { count } } } }',
    first: { live_people_by_pk: { tickets_aggregate: { aggregate: { count: 0 } } } },
    writes: [
      [ticket(2120, 2120, 'x'), { live_people_by_pk: { tickets_aggregate: { aggregate: { count: 1 } } } }],
      [desk(`update live_tickets set subject = 'y' where id = 2120`), null],
      [sql('delete from live_people where id = 2120'), { live_people_by_pk: null }],
    ],
  },
  {
    name: 'the other source alone',
    query: 'subscription { live_tickets_by_pk(id: 2130) { subject } }',
    first: { live_tickets_by_pk: null },
    writes: [
      [ticket(2131, 0, 'other'), null],
      [ticket(2130, 0, 'this'), { live_tickets_by_pk: { subject: 'this' } }],
    ],
  },
];
