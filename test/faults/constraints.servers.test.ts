import { describeEngines, type Engine, engines } from '../support/engines.ts';
import { before, expectHealthy, family, reset, stored } from './family.ts';
import { type Behind, behind, type Front, front } from './front.ts';

/**
 * A field whose write is refused by a constraint or a rule. `at`: its position in the mutation; each position writes rows of its
 * own.
 */
interface Refused {
  readonly field: (at: number) => string;
  readonly code: string;
  readonly on?: readonly Engine[];
}

const good = (at: number) =>
  `insert_parents_one(object: {id: ${10 + at}, name: "good", children: {data: [{note: "a"}, {note: "b"}]}}) { id children { note } }`;

const refused: Record<string, Refused> = {
  'the second row has a key that is there': {
    field: (at) =>
      `insert_parents(objects: [{id: ${50 + at}, name: "new"}, {id: 1, name: "again"}]) { affected_rows }`,
    code: 'constraint-violation',
  },
  'a row refers to nothing': {
    field: () => 'insert_children(objects: [{parent_id: 1}, {parent_id: 999}]) { affected_rows }',
    code: 'constraint-violation',
  },
  'the second nested row breaks a check': {
    field: (at) =>
      `insert_parents_one(object: {id: ${50 + at}, name: "new", children: {data: [{note: "fine"}, {note: "forbidden"}]}}) { id }`,
    code: 'constraint-violation',
  },
  'the parent of a nested row is there already': {
    field: () =>
      'insert_children_one(object: {note: "a", parent: {data: {id: 2, name: "again"}}}) { id parent_id }',
    code: 'constraint-violation',
  },
  'an update gives two rows the same key': {
    field: () => 'update_parents(where: {id: {_in: [1, 2]}}, _set: {id: 77}) { affected_rows }',
    code: 'constraint-violation',
  },
  'the second of several updates refers to nothing': {
    field: () =>
      'update_children_many(updates: [{where: {note: {_eq: "kept"}}, _set: {note: "x"}}, {where: {note: {_eq: "x"}}, _set: {parent_id: 999}}]) { affected_rows }',
    code: 'constraint-violation',
  },
  'other rows refer to a deleted one': {
    field: () => 'delete_parents(where: {}) { affected_rows }',
    code: 'constraint-violation',
  },
  'a row is not as the client believed': {
    field: () =>
      'update_parents_by_pk(pk_columns: {id: 1}, _set: {name: "new"}, if_match: {name: "other"}) { id }',
    code: 'conflict',
  },
  'the commit refuses what a deferred constraint finds': {
    field: (at) => `insert_late(objects: [{id: ${at}, parent_id: 999}]) { affected_rows }`,
    code: 'constraint-violation',
    on: ['postgres', 'pglite', 'sqlite'],
  },
};

const deferrable = (engine: Engine) =>
  engine === 'mysql' || engine === 'mariadb' ? '' : 'deferrable initially deferred';

describeEngines(engines, (engine) => {
  let shop: Behind;
  let foz: Front;
  beforeAll(async () => {
    const late = `create table late (id integer primary key, parent_id integer not null, foreign key (parent_id) references parents (id) ${deferrable(engine)})`;
    shop = await behind(engine, [...family(engine), late]);
    foz = await front([shop]);
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  const begun = `${before} +1`;
  const begin = async () => {
    await reset(shop);
    await shop.run("insert into children (id, parent_id, note) values (1, 1, 'kept')");
  };

  const cases = Object.keys(refused).filter((name) => refused[name]!.on?.includes(engine) ?? true);
  test.each(cases)('in any place of a mutation: %s, so nothing is stored', async (name) => {
    const { field, code } = refused[name]!;
    for (let place = 0; place < 4; place++) {
      await begin();
      const fields = [0, 1, 2, 3].map((at) => `f${at}: ${at === place ? field(at) : good(at)}`);
      const answer = await foz.ask(`mutation { ${fields.join(' __typename ')} }`);
      expect({ place, code: answer.code, data: answer.data }).toEqual({ place, code, data: null });
      expect(await stored(shop)).toBe(begun);
      expect(await shop.rows('select id from late')).toBe('');
      await expectHealthy(foz, shop);
    }
  });

  test.each([0, 30, 59, 119])(
    'row %i of many has a key that is there, so none of them is stored',
    async (bad) => {
      await begin();
      const objects = Array.from({ length: 120 }, (_, index) => ({
        id: index === bad ? 2 : 100 + index,
        name: 'row',
        children: index % 10 === 0 ? { data: [{ note: 'child' }] } : undefined,
      }));
      const answer = await foz.ask(
        'mutation ($objects: [parents_insert_input!]!) { insert_parents(objects: $objects) { affected_rows } }',
        { objects },
      );
      expect(answer.code).toBe('constraint-violation');
      expect(await stored(shop)).toBe(begun);
      await expectHealthy(foz, shop);
    },
  );

  test('a mutation that is refused before the database is asked stores nothing of its other fields', async () => {
    await begin();
    const long = 'x'.repeat(41);
    const answer = await foz.ask(
      `mutation { a: ${good(0)} b: insert_parents_one(object: {id: 30, name: "${long}"}) { id } c: ${good(1)} }`,
    );
    expect(answer.code).toBe('data-exception');
    expect(await stored(shop)).toBe(begun);
    await expectHealthy(foz, shop);
  });
});
