import { type ExecutionResult, execute, getIntrospectionQuery, parse } from 'graphql';
import { introspectionAnswers, type OperationRequest, type RoleEngine } from '../../../src/execute/index.ts';
import { Introspection } from '../../../src/execute/introspection/index.ts';
import { engineOf, largeGraph } from './large.ts';

const query = getIntrospectionQuery();
const document = parse(query);
const request = (signal = new AbortController().signal, text = query): OperationRequest => ({
  query: text,
  operationName: null,
  variables: {},
  session: new Map(),
  signal,
  timeoutMs: null,
});
const ask = (engine: RoleEngine, signal?: AbortSignal) => engine.execute({ ...request(signal), document });

const schema = largeGraph();
const expected = JSON.stringify(execute({ schema: largeGraph(), document }) as ExecutionResult);

test('the description of a large graph is that of graphql-js, and is packed', async () => {
  const { packed, json, kind, errors } = await ask(engineOf(schema));
  expect(packed?.bytes).toBe(Buffer.byteLength(expected));
  expect(packed!.bytes).toBeGreaterThan(2 ** 20);
  expect(packed!.packedBytes).toBeLessThan(packed!.bytes / 10);
  expect(json === expected).toBe(true);
  const pieces: Buffer[] = [];
  for await (const piece of packed!.unpack()) pieces.push(piece as Buffer);
  expect(Buffer.concat(pieces).toString() === expected).toBe(true);
  expect([kind, errors]).toEqual(['data', []]);
});

test('others have their turn while it is written, and its types do not stay', async () => {
  const own = largeGraph();
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const started = performance.now();
  await ask(engineOf(own));
  isOver = true;
  expect(turns).toBeGreaterThan((performance.now() - started) / 50);
  expect(turns).toBeGreaterThan(5);
  expect(own.madeTypes).toBe(0);
});

test('it is written once, whoever asks', async () => {
  const engine = engineOf(schema);
  const [one, other] = await Promise.all([ask(engine), ask(engine)]);
  expect(other.packed).toBe(one.packed);
  expect((await ask(engine)).packed).toBe(one.packed);
  expect((await engine.cached(request()))?.packed).toBe(one.packed);
});

test('variables tell answers apart', async () => {
  const engine = engineOf(schema);
  const text = 'query ($name: String!) { __type(name: $name) { name } }';
  const named = async (name: string) =>
    (await engine.execute({ ...request(undefined, text), variables: { name }, document: parse(text) })).json;
  expect([await named('t1'), await named('t2'), await named('t1'), await named('x')]).toEqual([
    '{"data":{"__type":{"name":"t1"}}}',
    '{"data":{"__type":{"name":"t2"}}}',
    '{"data":{"__type":{"name":"t1"}}}',
    '{"data":{"__type":null}}',
  ]);
});

test('a null where none may be is told', async () => {
  const text = 'query ($name: String = "t1") { __type(name: $name) { name } }';
  const given = { ...request(undefined, text), variables: { name: null }, document: parse(text) };
  const { errors, json } = await engineOf(schema).execute(given);
  expect(errors.map(({ code }) => code)).toEqual(['validation-failed']);
  expect(json).toContain('must not be null');
});

describe('callers that leave', () => {
  test('do not take the answer from those who stay', async () => {
    const engine = engineOf(schema);
    const leaving = new AbortController();
    const [left, stayed] = [ask(engine, leaving.signal), ask(engine)];
    setImmediate(() => leaving.abort());
    expect((await left).errors.map(({ code }) => code)).toEqual(['timeout']);
    expect((await stayed).packed?.bytes).toBe(Buffer.byteLength(expected));
  });

  test('end the work when they were the last; the next one begins again', async () => {
    const engine = engineOf(schema);
    const leaving = new AbortController();
    setImmediate(() => leaving.abort());
    expect((await ask(engine, leaving.signal)).errors).toHaveLength(1);
    expect((await ask(engine)).packed?.bytes).toBe(Buffer.byteLength(expected));
  });

  test('that have left before asking get nothing', async () => {
    const engine = engineOf(schema);
    expect((await ask(engine, AbortSignal.abort())).errors.map(({ code }) => code)).toEqual(['timeout']);
    expect((await ask(engine)).errors).toEqual([]);
  });
});

describe('what is kept', () => {
  test('is bounded in bytes', async () => {
    const answers = introspectionAnswers(10_000);
    const engine = engineOf(schema, answers);
    const first = await ask(engine);
    expect(answers.state.entries).toBe(0);
    expect((await ask(engine)).packed).not.toBe(first.packed);
    for (let at = 0; at < 60; at++) {
      const text = `{ __type(name: "t${at}") { name fields { name } } }`;
      await engine.execute({ ...request(undefined, text), document: parse(text) });
    }
    expect(answers.state.entries).toBeGreaterThan(3);
    expect(answers.state.bytes).toBeLessThanOrEqual(10_000);
    expect(answers.state.evictions).toBeGreaterThan(3);
  });

  test('is of one graph, where several keep theirs in one place', async () => {
    const answers = introspectionAnswers();
    const text = '{ __schema { types { name } } }';
    const [one, other] = [largeGraph('a', 2), largeGraph('b', 2)].map((graph) => engineOf(graph, answers));
    const names = async (engine: RoleEngine) =>
      (await engine.execute({ ...request(undefined, text), document: parse(text) })).json;
    expect(await names(one!)).toContain('"a1_bool_exp"');
    expect(await names(other!)).toContain('"b1_bool_exp"');
    expect(answers.state.entries).toBe(2);
  });
});

test('beside other fields, __schema and __type come as texts of their own', async () => {
  const text =
    '{ __schema { queryType { name } } other: __type(name: "t1") { ...on __Type { kind } } t1 { id } }';
  const both = parse(text);
  const [operation] = both.definitions;
  if (operation?.kind !== 'OperationDefinition') throw new Error('no operation');
  const asked = { key: text, document: both, operation, variables: {}, signal: AbortSignal.timeout(10_000) };
  expect([...(await new Introspection(schema).texts(asked))]).toEqual([
    ['__schema', '{"queryType":{"name":"query_root"}}'],
    ['other', '{"kind":"OBJECT"}'],
  ]);
});
