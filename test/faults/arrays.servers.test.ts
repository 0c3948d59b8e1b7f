import { describeEngines } from '../support/engines.ts';
import { type Behind, behind, type Front, front } from './front.ts';

/** Engines with columns of arrays. */
describeEngines(['postgres', 'pglite'], (engine) => {
  let shop: Behind;
  let foz: Front;
  beforeAll(async () => {
    shop = await behind(engine, [
      'create table people (id integer primary key, emails text[], ages integer[], docs jsonb[])',
    ]);
    foz = await front([shop]);
  });
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  const insert = 'mutation ($o: people_insert_input!) { insert_people_one(object: $o) { id emails } }';

  test('an array as PostgreSQL writes it is refused, with the way out', async () => {
    const reasons = {
      code: 'validation-failed',
      errors: [{ message: expect.stringContaining('send a list, such as ["a", "b"]') }],
    };
    for (const emails of ['{a@b}', '{}', ' {"a","b"} '])
      for (const lane of [1, 2]) {
        expect([lane, await foz.ask(insert, { o: { id: 1, emails } })]).toMatchObject([lane, reasons]);
        const literal = `mutation { insert_people_one(object: {id: 1, emails: ${JSON.stringify(emails)}}) { id } }`;
        expect([lane, await foz.ask(literal)]).toMatchObject([lane, reasons]);
        const where = 'query ($e: [String!]) { people(where: {emails: {_contains: $e}}) { id } }';
        expect([lane, await foz.ask(where, { e: emails })]).toMatchObject([lane, reasons]);
      }
    expect(
      await foz.ask('mutation { insert_people_one(object: {id: 1, ages: "{1}"}) { id } }'),
    ).toMatchObject({
      code: 'validation-failed',
    });
    expect(await shop.rows('select count(*) from people')).toBe('0');
  });

  test('a list that holds such a text, and one other text, are stored', async () => {
    const stored = async (id: number, emails: unknown) => (await foz.ask(insert, { o: { id, emails } })).data;
    expect(await stored(2, ['{a@b}'])).toEqual({ insert_people_one: { id: 2, emails: ['{a@b}'] } });
    expect(await stored(3, 'a@b')).toEqual({ insert_people_one: { id: 3, emails: ['a@b'] } });
    expect(await stored(4, ['a', null])).toEqual({ insert_people_one: { id: 4, emails: ['a', null] } });
    expect(await stored(5, '{')).toEqual({ insert_people_one: { id: 5, emails: ['{'] } });
  });
});
