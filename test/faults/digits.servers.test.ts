import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';
import { Client } from '../serve/socket/client.ts';
import { testEngines } from '../support/engine/index.ts';
import { describeEngines, engines } from '../support/engines.ts';
import { type Behind, behind, type Front, front } from './front.ts';

const near = ['9007199254740991', '9007199254740992', '9007199254740993', '9007199254740994'];

describeEngines(engines, (engine) => {
  let shop: Behind;
  let foz: Front;
  beforeAll(async () => {
    const { wideKey, decimal, document } = testEngines[engine].spelling;
    shop = await behind(engine, [
      `create table things (id ${wideKey} primary key, amount ${decimal}, doc ${document}, ratio double precision, many bigint)`,
    ]);
    foz = await front([shop], {
      server: { limits: { batch: 10 } },
    });
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });
  beforeEach(async () => {
    await shop.run(
      'delete from things',
      `insert into things (id, amount, many) values ${near.map((id) => `(${id}, 1, ${id})`).join(', ')}`,
    );
  });

  const ids = () => shop.rows('select id from things order by id');
  const all = near.join(' ');
  const without = (id: string) => near.filter((one) => one !== id).join(' ');
  const post = async (body: string) => {
    const response = await fetch(`${foz.server.url}graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return response.text();
  };
  /** Runs an operation on the full path and on the hot lane. */
  const twice = async (query: string, variables: (lane: number) => string) => {
    const texts: string[] = [];
    for (const lane of [0, 1])
      texts.push(await post(`{"query": ${JSON.stringify(query)}, "variables": ${variables(lane)}}`));
    return texts;
  };
  const idType = () => (engine === 'sqlite' ? 'bigint' : 'numeric');

  test('a key by POST, on both lanes', async () => {
    const remove = `mutation ($i: ${idType()}!) { delete_things_by_pk(id: $i) { id } }`;
    const texts = await twice(remove, (lane) => `{"i": ${near[2 - 2 * lane]}}`);
    expect(texts.map((text) => text.match(/9007\d+/)?.[0])).toEqual([near[2], near[0]]);
    expect(await ids()).toBe(`${near[1]} ${near[3]}`);
    const where = 'query ($w: things_bool_exp) { things(where: $w, order_by: {id: asc}) { id } }';
    const found = await twice(where, () => `{"w": {"id": {"_in": [${near[3]}, 5]}}}`);
    expect(found.map((text) => text.match(/9007\d+/g))).toEqual([[near[3]], [near[3]]]);
  });

  test('a key by GET, in a batch, in a literal, as a default and over a WebSocket', async () => {
    const query = `query ($i: ${idType()}! = 9007199254740993) { things_by_pk(id: $i) { id } }`;
    const search = (variables: string) =>
      `query=${encodeURIComponent(query)}&variables=${encodeURIComponent(variables)}`;
    const byGet = async (variables: string) =>
      (
        await fetch(`${foz.server.url}graphql?${search(variables)}`, {
          headers: { 'apollo-require-preflight': '1' },
        })
      ).text();
    const given = `{"i": ${near[2]}}`;
    const only = (text: string) => text.match(/9007\d+/g);
    for (const lane of ['full', 'again']) {
      expect([lane, only(await byGet(given))]).toEqual([lane, [near[2]]]);
      expect([lane, only(await byGet('{}'))]).toEqual([lane, [near[2]]]);
    }
    const one = `{"query": ${JSON.stringify(query)}, "variables": ${given}}`;
    expect(only(await post(`[${one}, ${one}]`))).toEqual([near[2], near[2]]);
    const literal = `{ things_by_pk(id: ${near[2]}) { id } }`;
    expect(only(await post(JSON.stringify({ query: literal })))).toEqual([near[2]]);
    const client = new Client(
      new WebSocket(`${foz.server.url.replace('http', 'ws')}graphql`, 'graphql-transport-ws'),
    );
    await new Promise((resolve) => client.socket.once('open', resolve));
    await client.init();
    for (const id of ['a', 'b']) {
      client.send(`{"type":"subscribe","id":"${id}","payload":${one}}`);
      const received = () => client.texts.filter((text) => text.includes(`"id":"${id}"`));
      while (!received().some((text) => text.includes('complete')))
        await new Promise((done) => setTimeout(done, 5));
      expect(only(received()[0]!)).toEqual([near[2]]);
    }
    client.socket.close();
    expect(await ids()).toBe(all);
  });

  test('a decimal', async () => {
    const insert =
      'mutation ($o: [things_insert_input!]!) { insert_things(objects: $o) { returning { amount } } }';
    const texts = await twice(
      insert,
      (lane) => `{"o": [{"id": ${lane + 1}, "amount": 99999999999999.9999999999}]}`,
    );
    // SQLite stores decimals as doubles; a value that this would change is refused.
    const expected =
      engine === 'sqlite' ? 'cannot hold this many digits' : '"amount":"99999999999999.9999999999"';
    for (const text of texts) expect(text).toContain(expected);
    const tiny = await twice(insert, (lane) => `{"o": [{"id": ${lane + 11}, "amount": 25e-1}]}`);
    for (const text of tiny) expect(text).toMatch(/"amount":"2\.50*"/);
  });

  test('a whole decimal that is spelled with zeros', async () => {
    const zeros = `${near[2]}.00`;
    await shop.run(`update things set amount = ${near[1]} where id = ${near[1]}`);
    const insert = 'mutation ($o: [things_insert_input!]!) { insert_things(objects: $o) { affected_rows } }';
    await twice(insert, (lane) => `{"o": [{"id": ${lane + 1}, "amount": "${zeros}"}]}`);
    const found = async (condition: string) => {
      const query = `query ($n: numeric!) { things(where: {amount: ${condition}}, order_by: {id: asc}) { id amount } }`;
      const texts = await twice(query, () => `{"n": "${zeros}"}`);
      return texts.map((text) =>
        [...text.matchAll(/"id":"?(\d+)"?,"amount":"(\d+)(?:\.0+)?"/g)].map((one) => one.slice(1)),
      );
    };
    const both = [
      ['1', near[2]],
      ['2', near[2]],
    ];
    expect(await found('{_eq: $n}')).toEqual([both, both]);
    expect(await found('{_in: [$n]}')).toEqual([both, both]);
    expect(await found('{_gte: $n}')).toEqual([both, both]);
    const other = [[near[1], near[1]]];
    expect(await found('{_neq: $n, _gt: 5}')).toEqual([other, other]);
  });

  test('numbers in a document', async () => {
    const insert = 'mutation ($d: DOC, $i: ID!) { insert_things_one(object: {id: $i, doc: $d}) { doc } }'
      .replace(
        'DOC',
        engine === 'postgres' || engine === 'mariadb' || engine === 'mysql' || engine === 'sqlite'
          ? 'json'
          : 'jsonb',
      )
      .replace('ID', idType());
    const digits = (text: string) => text.replaceAll(/\s/g, '').match(/"doc":(.*)\}\}\}$/)?.[1];
    const exact = '{"a":[12345678901234567890.10],"b":9007199254740993}';
    const texts = await twice(insert, (lane) => `{"i": ${lane + 21}, "d": ${exact}}`);
    for (const text of texts) {
      if (engine === 'mysql') expect(text).toContain('send it as a string');
      else expect(digits(text)).toBe(exact);
    }
    const whole = await twice(insert, (lane) => `{"i": ${lane + 31}, "d": [9007199254740993]}`);
    for (const text of whole) expect(digits(text)).toBe('[9007199254740993]');
    const huge = await twice(insert, (lane) => `{"i": ${lane + 41}, "d": {"n": 1e400}}`);
    for (const text of huge) {
      expect(text).not.toContain('"n":null');
      if (engine === 'mysql') expect(text).toContain('send it as a string');
      else expect(digits(text)).toBe(engine === 'pglite' ? `{"n":1${'0'.repeat(400)}}` : '{"n":1e400}');
    }
    const literal = await post(
      JSON.stringify({
        query: `mutation { insert_things_one(object: {id: 51, doc: {n: [9007199254740993, 1.5]}}) { doc } }`,
      }),
    );
    expect(digits(literal)).toBe('{"n":[9007199254740993,1.5]}');
  });

  test('a plan of one document is not that of another with the same digits as text', async () => {
    const query = 'mutation ($n: JSON, $i: ID!) { insert_things_one(object: {id: $i, doc: {n: $n}}) { doc } }'
      .replace('JSON', engine === 'pglite' ? 'jsonb' : 'json')
      .replace('ID', idType());
    const found: string[] = [];
    for (const [i, n] of [
      [61, '9007199254740993'],
      [62, '"9007199254740993"'],
      [63, '9007199254740993'],
    ])
      found.push(
        (await post(`{"query": ${JSON.stringify(query)}, "variables": {"i": ${i}, "n": ${n}}}`)).replaceAll(
          ' ',
          '',
        ),
      );
    expect(found.map((text) => text.match(/"n":([^}]*)\}/)?.[1])).toEqual([
      '9007199254740993',
      '"9007199254740993"',
      '9007199254740993',
    ]);
  });

  test('a double takes the nearest one, an integer of 32 bits none', async () => {
    const query = 'mutation ($o: things_insert_input!) { insert_things_one(object: $o) { ratio } }';
    const texts = await twice(
      query,
      (lane) => `{"o": {"id": ${lane + 71}, "ratio": 0.12345678901234567890}}`,
    );
    for (const text of texts) expect(text).toContain('0.12345678901234568');
    const limit = await post(
      '{"query": "query ($l: Int) { things(limit: $l) { id } }", "variables": {"l": 9007199254740993}}',
    );
    expect(limit).toContain('non 32-bit signed integer');
    const object = await post(
      '{"query": "query ($w: things_bool_exp) { things(where: $w) { id } }", "variables": {"w": 9007199254740993}}',
    );
    expect(object).toContain('validation-failed');
  });

  test('64 bits', async () => {
    const query = 'query ($m: bigint!) { things(where: {many: {_eq: $m}}) { id } }';
    const texts = await twice(query, () => `{"m": ${near[2]}}`);
    for (const text of texts) expect(text.match(/9007\d+/g)).toEqual([near[2]]);
    expect(await post(`{"query": "${query}", "variables": {"m": 9223372036854775808}}`)).toContain(
      'does not fit into 64 bits',
    );
    expect(await post(`{"query": "${query}", "variables": {"m": 1e18}}`)).toContain('"things":[]');
  });

  test('documents in conditions and in changes', async () => {
    const json = engine === 'pglite' ? 'jsonb' : 'json';
    const big = '12345678901234567';
    await shop.run(
      `update things set doc = '{"n": ${big}}' where id = ${near[1]}`,
      `update things set doc = '{"n": ${big.replace(/7$/, '6')}}' where id = ${near[2]}`,
    );
    // Documents with a number of one digit more than a double can hold. Where the database keeps all digits, only the same digits
    // are equal.
    const where = `query ($d: ${json}!) { things(where: {doc: {_eq: $d}}, order_by: {id: asc}) { id } }`;
    for (const text of await twice(where, () => `{"d": {"n": ${big}}}`))
      expect(text.match(/9007\d+/g)).toContain(near[1]);
    if (engine === 'postgres' || engine === 'pglite') {
      const exact = await twice(where, () => `{"d": {"n": ${big}}}`);
      for (const text of exact) expect(text.match(/9007\d+/g)).toEqual([near[1]]);
      const holding = where.replace('_eq', '_contains');
      for (const text of await twice(holding, () => `{"d": {"n": ${big}}}`))
        expect(text.match(/9007\d+/g)).toEqual([near[1]]);
    }
  });

  test('what is appended to a document', async () => {
    if (engine !== 'pglite') return;
    const append = `mutation ($i: numeric!, $d: jsonb) { update_things_by_pk(pk_columns: {id: $i}, _append: {doc: $d}) { doc } }`;
    await shop.run(`update things set doc = '{"a": 1}' where id = ${near[2]}`);
    const texts = await twice(append, () => `{"i": ${near[2]}, "d": {"b": 12345678901234567890.10}}`);
    for (const text of texts) expect(text.replaceAll(' ', '')).toContain('"b":12345678901234567890.10');
  });

  test('lists, nested rows and objects within objects', async () => {
    const objects = 'mutation ($o: [things_insert_input!]!) { insert_things(objects: $o) { affected_rows } }';
    const large = ['9007199254740997', '9007199254740999'];
    expect(
      await post(
        `{"query": ${JSON.stringify(objects)}, "variables": {"o": [${large.map((id) => `{"id": ${id}, "many": ${id}}`).join()}]}}`,
      ),
    ).toBe('{"data":{"insert_things":{"affected_rows":2}}}');
    expect(await ids()).toBe([...near, ...large].join(' '));
    const where = 'query ($w: things_bool_exp!) { things(where: $w, order_by: {id: asc}) { id } }';
    const nested = `{"w": {"_and": [{"_or": [{"many": {"_in": [${large[1]}]}}, {"_not": {"id": {"_neq": ${near[2]}}}}]}]}}`;
    for (const text of await twice(where, () => nested))
      expect(text.match(/9007\d+/g)).toEqual([near[2], large[1]]);
    const list = `query ($l: [${idType()}!]) { things(where: {id: {_in: $l}}, order_by: {id: asc}) { id } }`;
    for (const text of await twice(list, () => `{"l": [${near[0]}, ${near[2]}]}`))
      expect(text.match(/9007\d+/g)).toEqual([near[0], near[2]]);
    const defaults = `query ($l: [${idType()}!] = [${near[1]}, ${large[0]}], $w: things_bool_exp = {many: {_gte: ${near[2]}}}) {
      a: things(where: {id: {_in: $l}}, order_by: {id: asc}) { id } b: things(where: $w, order_by: {id: asc}) { many } }`;
    for (const text of await twice(defaults, () => '{}'))
      expect(text.match(/9007\d+/g)).toEqual([near[1], large[0], near[2], near[3], ...large]);
  });

  test('by the hash of an operation', async () => {
    const query = `query ($i: ${idType()}!) { things_by_pk(id: $i) { id } }`;
    const hash = createHash('sha256').update(query).digest('hex');
    const extensions = `{"persistedQuery": {"version": 1, "sha256Hash": "${hash}"}}`;
    const given = `"variables": {"i": ${near[2]}}, "extensions": ${extensions}`;
    expect((await post(`{"query": ${JSON.stringify(query)}, ${given}}`)).match(/9007\d+/g)).toEqual([
      near[2],
    ]);
    for (const lane of [1, 2])
      expect([lane, (await post(`{${given}}`)).match(/9007\d+/g)]).toEqual([lane, [near[2]]]);
  });

  test('deleting by a condition leaves its neighbours', async () => {
    const query = 'mutation ($w: things_bool_exp!) { delete_things(where: $w) { affected_rows } }';
    const [text] = [await post(`{"query": "${query}", "variables": {"w": {"id": {"_eq": ${near[2]}}}}}`)];
    expect([text, await ids()]).toEqual([
      '{"data":{"delete_things":{"affected_rows":1}}}',
      without(near[2]!),
    ]);
  });
});
