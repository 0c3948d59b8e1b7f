import { WebSocket } from 'ws';
import { Client } from '../serve/socket/client.ts';
import { describeEngines, engines } from '../support/engines.ts';
import { expectHealthy, family, reset } from './family.ts';
import { type Behind, behind, type Front, front } from './front.ts';

const nest = (depth: number, open: string, inner: string, close: string) =>
  open.repeat(depth) + inner + close.repeat(depth);

/** Documents with each kind of nesting, to a given depth. */
const documents: Record<string, (depth: number) => string> = {
  selections: (depth) => nest(depth, '{ parents ', '{ id }', ' }'),
  'inline fragments': (depth) => `{ parents ${nest(depth, '{ ... ', '{ id }', ' }')} }`,
  fragments: (depth) =>
    `{ parents { ...f0 } } ${Array.from({ length: depth }, (_, at) => `fragment f${at} on parents { ...f${at + 1} }`).join(' ')} fragment f${depth} on parents { id }`,
  objects: (depth) => `{ parents(where: ${nest(depth, '{_not: ', '{id: {_eq: 1}}', '}')}) { id } }`,
  lists: (depth) => `{ parents(where: {_and: ${nest(depth, '[', '{id: {_eq: 1}}', ']')}}) { id } }`,
  'a list type': (depth) => `query ($v: ${nest(depth, '[', 'Int', ']')}) { parents { id } }`,
  'brackets that never close': (depth) => `{ parents(where: ${'{_not: '.repeat(depth)}`,
  'arguments of a directive': (depth) => `{ parents { id @include(if: ${nest(depth, '[', 'true', ']')}) } }`,
};

/** Variables for `query ($w: parents_bool_exp, $j: json)`. */
const variables: Record<string, (depth: number) => string> = {
  conditions: (depth) => `{"w": ${nest(depth, '{"_not": ', '{"id": {"_eq": 1}}', '}')}}`,
  'lists of conditions': (depth) => `{"w": ${nest(depth, '{"_and": [', '{"id": {"_eq": 1}}', ']}')}}`,
  'lists where none are': (depth) => `{"w": {"id": {"_in": ${nest(depth, '[', '1', ']')}}}}`,
  'a document': (depth) => `{"j": ${nest(depth, '[', '1', ']')}}`,
  'a document of objects with a long number': (depth) =>
    `{"j": ${nest(depth, '{"a": ', '9007199254740993', '}')}}`,
};

const query =
  'query ($w: parents_bool_exp, $j: JSON = [1]) { parents(where: $w) { id } documents_aggregate(where: {doc: {_eq: $j}}) { aggregate { count } } }';

describeEngines(engines, (engine) => {
  let shop: Behind;
  let foz: Front;
  beforeAll(async () => {
    const json = engine === 'postgres' || engine === 'pglite' ? 'jsonb' : 'json';
    shop = await behind(engine, [
      ...family(engine),
      `create table documents (id integer primary key, doc ${json})`,
    ]);
    foz = await front([shop], { server: { limits: { batch: 2 } } });
    await reset(shop);
  });
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  const scalar = engine === 'postgres' || engine === 'pglite' ? 'jsonb' : 'json';
  const asked = query.replace('JSON', scalar);
  const post = async (body: string) => {
    const response = await fetch(`${foz.server.url}graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return response.text();
  };
  const codes = (text: string) => [...text.matchAll(/"code":"([^"]+)"/g)].map(([, code]) => code);
  const expectClear = (text: string, depth: number) => {
    expect(text).not.toMatch(/call stack|went wrong|"unexpected"/);
    // Beyond Foz's own limit the refusal is Foz's, whatever the limit of the database is.
    if (depth > 500) expect(codes(text)[0]).toMatch(/^(?:limit-exceeded|validation-failed)$/);
  };

  test.each(Object.keys(documents))('documents: %s', async (kind) => {
    for (const depth of [10, 200, 490, 3000, 9000]) {
      const document = documents[kind]!(depth);
      const text = await post(JSON.stringify({ query: document }));
      expectClear(text, kind === 'inline fragments' || kind === 'fragments' ? Math.min(depth, 500) : depth);
      expect(await post(JSON.stringify({ query: document }))).toBe(text);
    }
  });

  test.each(Object.keys(variables))('variables: %s', async (kind) => {
    const client = await new Client(
      new WebSocket(`${foz.server.url.replace('http', 'ws')}graphql`, 'graphql-transport-ws'),
    ).ready();
    for (const depth of [10, 200, 490, 5000, 10_000, 80_000]) {
      const given = variables[kind]!(depth);
      const body = `{"query": ${JSON.stringify(asked)}, "variables": ${given}}`;
      const text = await post(body);
      expectClear(text, depth);
      expect(await post(body)).toBe(text);
      expectClear(await post(`[${body}]`), depth);
      client.send(`{"type":"subscribe","id":"${depth}","payload":${body}}`);
      const received = await client.textsOf(String(depth));
      expectClear(received.join(), depth);
    }
    client.socket.close();
  });

  test('what is nested no deeper than that is answered', async () => {
    const text = await post(`{"query": ${JSON.stringify(asked)}, "variables": ${variables.conditions!(20)}}`);
    expect(text).toBe('{"data":{"parents":[{"id":1}],"documents_aggregate":{"aggregate":{"count":0}}}}');
    await expectHealthy(foz, shop);
  });
});
