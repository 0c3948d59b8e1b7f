import { describeEngines, type Engine } from '../support/engines.ts';
import { type Behind, behind, type Front, front } from './front.ts';

/** An error of a trigger is reported as a refusal or a failure of the trigger, whatever its function does, and nothing is stored. */

const rule = 'constraint-violation';
const failed = 'data-exception';

/** What the trigger does for a row of this kind, and the code of the answer. */
const postgres: readonly (readonly [kind: string, body: string, code: string])[] = [
  ['raise', "raise exception 'secret %', new.id", rule],
  ['own state', "raise exception 'secret' using errcode = 'U0042'", rule],
  ['assert', "assert false, 'secret'", failed],
  ['no data', 'select id into strict found from things where id = -1', failed],
  ['too many', 'select id into strict found from things', failed],
  ['case', "case new.kind when 'x' then null; end case", failed],
  ['several', 'found := (select id from things)', failed],
  ['external', "raise exception 'secret' using errcode = '38001'", failed],
];
const mysql: typeof postgres = [
  ['raise', "signal sqlstate '45000' set message_text = 'secret'", rule],
  ['own state', "signal sqlstate 'U0042' set message_text = 'secret'", rule],
  ['itself', "insert into things values (99, 'x')", failed],
  ['too many', 'select id into @found from things', failed],
  ['case', "case new.kind when 'x' then set @found = 1; end case", failed],
  ['several', 'set @found = (select id from things)', failed],
];

const isMysql = (engine: Engine) => engine === 'mysql' || engine === 'mariadb';

function triggers(engine: Engine): readonly string[] {
  const own = isMysql(engine) ? mysql : postgres;
  const steps = own.map(([kind, body]) => `if new.kind = '${kind}' then ${body}; end if;`).join(' ');
  if (isMysql(engine))
    return [`create trigger failing before insert on things for each row begin ${steps} end`];
  return [
    `create function failing() returns trigger language plpgsql as $$ declare found integer; begin ${steps} return new; end $$`,
    'create trigger failing before insert on things for each row execute function failing()',
  ];
}

describeEngines(['postgres', 'pglite', 'mysql', 'mariadb'], (engine) => {
  let shop: Behind;
  let foz: Front;
  beforeAll(async () => {
    shop = await behind(engine, [
      'create table things (id integer primary key, kind varchar(20))',
      "insert into things values (1, 'a'), (2, 'b')",
      ...triggers(engine),
    ]);
    foz = await front([shop]);
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  }, 60_000);

  test.each((isMysql(engine) ? mysql : postgres).map(([kind, , code]) => [kind, code]))(
    '%s',
    async (kind, code) => {
      const insert =
        'mutation ($k: String!) { insert_things(objects: [{id: 7, kind: $k}]) { affected_rows } }';
      const answer = await foz.ask(insert, { k: kind });
      expect(answer).toMatchObject({ code, data: null });
      expect(JSON.stringify(answer)).not.toContain('secret');
      expect(await shop.rows('select id, kind from things order by id')).toBe('1:a 2:b');
    },
  );

  if (!isMysql(engine))
    test('two rows of one upsert with the same key', async () => {
      const upsert = (answer: string) =>
        `mutation { insert_things(objects: [{id: 7, kind: "x"}, {id: 7, kind: "y"}], on_conflict: {constraint: things_pkey, update_columns: [kind]}) { ${answer} } }`;
      expect(await foz.ask(upsert('affected_rows'))).toMatchObject({ code: failed, data: null });
      expect(await shop.rows('select id, kind from things order by id')).toBe('1:a 2:b');
    });
});
