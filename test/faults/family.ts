import { testEngines } from '../support/engine/index.ts';
import type { Engine } from '../support/engines.ts';
import type { Behind, Front } from './front.ts';

/** Two tables, parents and children: the least for nested rows and writes of several statements. */
export function family(engine: Engine): string[] {
  const { generatedKey } = testEngines[engine].spelling;
  return [
    'create table parents (id integer primary key, name varchar(40) not null)',
    `create table children (id ${generatedKey}, parent_id integer not null references parents (id), note varchar(40), check (note <> 'forbidden'))`,
  ];
}

/** A write of several statements: nested inserts, an update, a delete, and returned rows. */
export const longWrite = `mutation ($id: Int!, $next: Int!) {
  insert_parents_one(object: {id: $id, name: "new", children: {data: [{note: "a"}, {note: "b"}]}}) { id children { note } }
  __typename
  update_parents(where: {id: {_eq: 1}}, _set: {name: "changed"}) { affected_rows returning { name } }
  delete_parents(where: {id: {_eq: 2}}) { affected_rows }
  insert_parents(objects: [{id: $next, name: "last"}]) { affected_rows }
}`;

/** A write of one statement, outside of a transaction that Foz opens. */
export const shortWrite =
  'mutation ($id: Int!) { insert_parents(objects: [{id: $id, name: "new"}, {id: 2000, name: "short"}]) { affected_rows } }';

/** The result of `stored` before each write. */
export const before = '1:one 2:two';
export const afterLong = (id: number, next: number) => `1:changed ${id}:new ${next}:last +2`;
export const afterShort = (id: number) => `1:one 2:two ${id}:new 2000:short`;

/** Restores the two parents and removes all children. */
export const reset = (shop: Behind) =>
  shop.run(
    'delete from children',
    'delete from parents',
    "insert into parents (id, name) values (1, 'one'), (2, 'two')",
  );

/** The stored rows as text: `1:one 2:two`, followed by `+2` for two children. */
export async function stored(shop: Behind): Promise<string> {
  const parents = await shop.rows('select id, name from parents order by id');
  const children = await shop.rows('select count(*) from children');
  return children === '0' ? parents : `${parents} +${children}`;
}

/**
 * Expects every connection to be usable and no lock or transaction to be left: concurrent reads and a write of all rows succeed.
 */
export async function expectHealthy(foz: Front, ...databases: readonly Behind[]): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 4 }, () => foz.ask('{ parents(limit: 1) { id } }')));
  expect(answers.map(({ errors }) => errors)).toEqual([undefined, undefined, undefined, undefined]);
  expect(
    await foz.ask('mutation { update_parents(where: {}, _set: {name: "free"}) { affected_rows } }'),
  ).toMatchObject({ data: { update_parents: { affected_rows: expect.any(Number) } } });
  // The registry pings a source whose connections were lost, which takes a connection for a moment.
  await foz.idle();
  for (const database of databases) expect(await database.transactions()).toBe(0);
}
