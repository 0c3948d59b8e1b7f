import type { Metadata } from '../../src/catalog/index.ts';
import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { describeEngines } from '../support/engines.ts';

/** Views that only an INSTEAD OF trigger makes insertable. */

const metadata: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'people',
      object_relationships: [
        {
          name: 'detail',
          using: { manual_configuration: { remote_table: 'details', column_mapping: { id: 'id' } } },
        },
      ],
    },
    { source: 'shop', table: 'details', primary_key: ['id'] },
  ],
};

const into = 'insert into notes (person_id, body) values (new.id, new.body)';

describeEngines(['postgres', 'pglite', 'sqlite'], (engine) => {
  let shop: Behind;
  let foz: Front;
  beforeAll(async () => {
    const trigger =
      engine === 'sqlite'
        ? [`create trigger details_insert instead of insert on details begin ${into}; end`]
        : [
            `create function details_insert() returns trigger language plpgsql as $$ begin ${into}; return new; end $$`,
            'create trigger details_insert instead of insert on details for each row execute function details_insert()',
          ];
    shop = await behind(engine, [
      'create table people (id integer primary key, name varchar(20))',
      'create table notes (person_id integer not null references people (id), body varchar(20))',
      'create view details as select p.id, p.name, n.body from people p join notes n on n.person_id = p.id',
      ...trigger,
    ]);
    foz = await front([shop]);
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  test('its columns can be given, and the row around one gives it its key', async () => {
    const graphs = new Graphs({ metadata }, foz.server.attached.registry);
    expect(graphs.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    const asked = async (field: string) =>
      JSON.parse(await ask(graphs.engine(), { query: `mutation { it: ${field} }`, variables: {} }));
    expect(
      await asked(
        'insert_people_one(object: {id: 1, name: "a", detail: {data: {body: "hello"}}}) { id detail { name body } }',
      ),
    ).toEqual({ data: { it: { id: 1, detail: { name: 'a', body: 'hello' } } } });
    expect(await asked('insert_people(objects: [{id: 2, name: "b"}]) { affected_rows }')).toEqual({
      data: { it: { affected_rows: 1 } },
    });
    // The answer contains the row as the view shows it, not the values that the trigger received.
    expect(await asked('insert_details_one(object: {id: 2, body: "x"}) { id name body }')).toEqual({
      data: { it: { id: 2, name: 'b', body: 'x' } },
    });
    expect(await shop.rows('select person_id, body from notes order by person_id')).toBe('1:hello 2:x');
  });
});
