import { testEngines } from '../support/engine/index.ts';
import { describeEngines, engines } from '../support/engines.ts';
import { type Behind, behind, type Front, front } from './front.ts';

/** Names of members of `Object.prototype`. */
const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf'];

describeEngines(engines, (engine) => {
  let shop: Behind;
  let foz: Front;
  beforeAll(async () => {
    const q = testEngines[engine].spelling.name;
    shop = await behind(engine, [
      `create table things (id integer primary key, ${names.map((name) => `${q(name)} varchar(20)`).join(', ')})`,
      `insert into things (id, ${q('constructor')}) values (1, 'one'), (2, 'two'), (3, null)`,
      `create table ${q('constructor')} (id integer primary key, ${q('toString')} varchar(20))`,
      `insert into ${q('constructor')} (id, ${q('toString')}) values (7, 'seven')`,
    ]);
    foz = await front([shop]);
  });
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  /** Runs an operation on the full path and on the hot lane. */
  const ask = async (query: string, variables: Readonly<Record<string, unknown>> = {}) => {
    const full = await foz.ask(query, variables);
    expect(await foz.ask(query, variables)).toEqual(full);
    return full;
  };

  test.each([...names, '__proto__'])('a variable called %s counts only when it is given', async (name) => {
    const list = `query ($${name}: Int) { things(where: {id: {_eq: $${name}}}, order_by: {id: asc}) { id } }`;
    expect(await ask(list)).toMatchObject({ data: { things: [{ id: 1 }, { id: 2 }, { id: 3 }] } });
    const given = JSON.parse(`{"${name}": 2}`) as Record<string, unknown>;
    expect(await ask(list, given)).toMatchObject({ data: { things: [{ id: 2 }] } });
    const where = `query ($${name}: things_bool_exp) { things(where: $${name}, order_by: {id: asc}) { id } }`;
    expect(await ask(where)).toMatchObject({ data: { things: [{ id: 1 }, { id: 2 }, { id: 3 }] } });
    const condition = JSON.parse(`{"${name}": {"id": {"_eq": 3}}}`) as Record<string, unknown>;
    expect(await ask(where, condition)).toMatchObject({ data: { things: [{ id: 3 }] } });
    const needed = `query ($${name}: Int!) { things_by_pk(id: $${name}) { id } }`;
    expect(await ask(needed)).toMatchObject({ code: 'validation-failed' });
    const shown = `query ($${name}: Boolean = true) { things_by_pk(id: 1) { id @include(if: $${name}) constructor } }`;
    expect(await ask(shown)).toMatchObject({ data: { things_by_pk: { id: 1, constructor: 'one' } } });
  });

  test.each(names)('a column called %s is read, compared, ordered and written', async (name) => {
    const set = `mutation ($o: things_set_input, $w: things_bool_exp!) { update_things(where: $w, _set: $o) { affected_rows returning { id ${name} } } }`;
    const row = (value: string | null) => JSON.parse(`{"${name}": ${JSON.stringify(value)}}`) as object;
    const updated = await foz.ask(set, { o: row('x'), w: { id: { _eq: 1 } } });
    expect(updated.data).toEqual({
      update_things: { affected_rows: 1, returning: [{ id: 1, ...row('x') }] },
    });
    const by = JSON.parse(`{"${name}": {"_eq": "x"}}`) as object;
    const list = `query ($w: things_bool_exp, $o: [things_order_by!]) { things(where: $w, order_by: $o) { id ${name} a: ${name} } }`;
    expect((await ask(list, { w: by })).data).toEqual({ things: [{ id: 1, ...row('x'), a: 'x' }] });
    expect((await ask(list, { w: { id: { _lte: 2 } }, o: [{ id: 'desc' }] })).data).toMatchObject({
      things: [{ id: 2 }, { id: 1 }],
    });
    const insert =
      'mutation ($o: [things_insert_input!]!) { insert_things(objects: $o) { returning { id constructor toString } } }';
    const id = 10 + names.indexOf(name);
    expect((await foz.ask(insert, { o: [{ id }] })).data).toEqual({
      insert_things: { returning: [JSON.parse(`{"id": ${id}, "constructor": null, "toString": null}`)] },
    });
    await shop.run(`delete from things where id >= 10`);
  });

  test('a table and aliases called so', async () => {
    const { data } = await ask(
      '{ constructor { id toString } valueOf: constructor_by_pk(id: 7) { hasOwnProperty: id } }',
    );
    expect(JSON.stringify(data)).toBe(
      '{"constructor":[{"id":7,"toString":"seven"}],"valueOf":{"hasOwnProperty":7}}',
    );
    for (const name of [...names, '__proto__'])
      expect(await ask(`{ ${name}: things_by_pk(id: 2) { ${name}: id } }`)).toMatchObject({
        data: JSON.parse(`{"${name}": {"${name}": 2}}`) as object,
      });
  });

  test('fields and fragments that are not there are refused, whatever Object knows', async () => {
    for (const name of ['propertyIsEnumerable', '__proto__', '__defineGetter__']) {
      expect(await ask(`{ things { ${name} } }`)).toMatchObject({ code: 'validation-failed' });
      expect(await ask(`{ ${name} { id } }`)).toMatchObject({ code: 'validation-failed' });
      expect(await ask(`{ things { ...${name} } }`)).toMatchObject({ code: 'validation-failed' });
      expect(await ask(`{ things(${name}: 1) { id } }`)).toMatchObject({ code: 'validation-failed' });
      const where = JSON.parse(`{"w": {"${name}": {"_eq": 1}}}`) as Record<string, unknown>;
      const query = 'query ($w: things_bool_exp) { things(where: $w) { id } }';
      expect(await ask(query, where)).toMatchObject({ code: 'validation-failed' });
    }
    const order = 'query ($o: [things_order_by!]) { things(order_by: $o) { id } }';
    expect(await ask(order, { o: [{ id: 'constructor' }] })).toMatchObject({ code: 'validation-failed' });
    expect(await ask('{ things(order_by: {id: toString}) { id } }')).toMatchObject({
      code: 'validation-failed',
    });
  });
});
