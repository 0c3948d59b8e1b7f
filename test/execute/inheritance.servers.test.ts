import type { Metadata } from '../../src/catalog/index.ts';
import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines } from '../support/engines.ts';

/** PostgreSQL table inheritance: a key applies to the table's own rows, but a read includes the rows of child tables. */

/** A child table may hold NULL in a column that is NOT NULL in its parent. PostgreSQL 18 spells this differently. */
const nameless = `do $$ begin
  if current_setting('server_version_num')::int < 180000 then alter table puppies alter name drop not null;
  else
    execute 'alter table animals alter constraint animals_name_not_null no inherit';
    execute 'alter table dogs alter name drop not null';
  end if;
end $$`;

describeEngines(['postgres', 'pglite'], (engine) => {
  let shop: Behind;
  let foz: Front;
  beforeAll(async () => {
    shop = await behind(engine, [
      'create table animals (id int primary key, name text not null, code text unique)',
      'create table dogs (breed text, primary key (id)) inherits (animals)',
      'create table puppies (weeks int) inherits (dogs)',
      nameless,
      'create table walks (id int primary key, animal_id int references animals, dog_id int)',
      `insert into animals values (1, 'cat', 'c'), (2, 'crow', 'w')`,
      `insert into dogs values (1, 'rex', 'c', 'beagle')`,
      `insert into puppies values (3, null, 'p', 'pug', 4)`,
      'insert into walks values (7, 1, 1), (8, 2, null)',
      'create table events (id int primary key, note text) partition by range (id)',
      'create table events_low partition of events for values from (0) to (10)',
      `insert into events values (1, 'one')`,
    ]);
    foz = await front([shop]);
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  const graphs = (metadata: Metadata = { tables: [] }) =>
    new Graphs({ metadata }, foz.server.attached.registry);
  const asked = async (query: string, metadata?: Metadata) =>
    JSON.parse(await ask(graphs(metadata).engine(), { query, variables: {} }));
  const namesOf = async (type: string) => {
    const answer = await asked(`{ __type(name: "${type}") { fields { name } } }`);
    return (answer.data.__type.fields as { name: string }[]).map(({ name }) => name);
  };

  test('the table has no key, its heirs and partitioned tables keep theirs', async () => {
    const roots = await namesOf('query_root');
    expect(roots).toEqual(expect.arrayContaining(['animals', 'puppies', 'events_by_pk', 'walks_by_pk']));
    for (const gone of ['animals_by_pk', 'dogs_by_pk', 'puppies_by_pk']) expect(roots).not.toContain(gone);
    expect(await namesOf('mutation_root')).not.toContain('update_animals_by_pk');
    const notes = graphs().issues.filter(({ reason }) => reason.includes('inherits'));
    expect(notes.map(({ severity, where }) => `${severity} ${where}`)).toEqual([
      'note shop.public.animals',
      'note shop.public.dogs',
    ]);
    expect(notes[0]!.reason).toContain('(id), (code)');
    expect(await asked('{ events_by_pk(id: 1) { note } }')).toEqual({
      data: { events_by_pk: { note: 'one' } },
    });
  });

  test('reads and nested rows show every row that a condition finds', async () => {
    expect(
      await asked(`{
        animals(where: {id: {_eq: 1}}, order_by: {name: asc}) { name walks { id } }
        unnamed: animals(where: {name: {_is_null: true}}) { id name }
        animals_aggregate(where: {id: {_eq: 1}}) { aggregate { count } }
        walks(where: {animal: {name: {_eq: "rex"}}}) { id }
      }`),
    ).toEqual({
      data: {
        animals: [
          { name: 'cat', walks: [{ id: 7 }] },
          { name: 'rex', walks: [{ id: 7 }] },
        ],
        unnamed: [{ id: 3, name: null }],
        animals_aggregate: { aggregate: { count: 2 } },
        walks: [{ id: 7 }],
      },
    });
    expect(await asked('{ walks(order_by: {animal: {name: asc}}) { id } }')).toMatchObject({
      errors: [{ extensions: { code: 'not-supported' } }],
    });
  });

  test('a write changes the rows that its condition shows', async () => {
    const update = 'update_animals(where: {code: {_eq: "c"}}, _set: {code: "d"})';
    expect(await asked(`mutation { ${update} { affected_rows returning { name } } }`)).toEqual({
      data: { update_animals: { affected_rows: 2, returning: [{ name: 'cat' }, { name: 'rex' }] } },
    });
    expect(await shop.rows("select name from animals where code = 'd' order by name")).toBe('cat rex');
    const back = 'update_animals(where: {code: {_eq: "d"}}, _set: {code: "c"})';
    expect(await asked(`mutation { ${back} { affected_rows } }`)).toEqual({
      data: { update_animals: { affected_rows: 2 } },
    });
  });

  test('where the values are unique all the same, the metadata declares the key', async () => {
    const metadata: Metadata = {
      tables: [{ source: 'shop', table: 'animals', primary_key: ['name'] }],
    };
    expect(await asked('{ animals_by_pk(name: "rex") { id } }', metadata)).toEqual({
      data: { animals_by_pk: { id: 1 } },
    });
  });
});
