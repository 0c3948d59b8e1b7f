import { PreparedStatements } from '../../../src/databases/postgres/prepared.ts';

test('statements are kept by their length, and closed on the server when they go', () => {
  const prepared = new PreparedStatements(500);
  const text = (at: number, length: number) => `select ${at} /* ${'x'.repeat(length)} */`;
  const names = Array.from({ length: 40 }, (_, at) => prepared.call(text(at, 30_000), []).name);
  const closed = prepared.takeClosed();
  expect(closed.length).toBeGreaterThan(20);
  expect(closed).toEqual(names.slice(0, closed.length));
  expect(prepared.call(text(39, 30_000), [])).toEqual({ name: names[39], values: [] });
  for (let at = 0; at < 600; at++) prepared.call(text(at, 10), []);
  expect(prepared.call(text(599, 10), []).text).toBeUndefined();
  expect(prepared.call(text(0, 10), []).text).toBeDefined();
});

test('a very long statement is not prepared at all, and takes the place of none', () => {
  const prepared = new PreparedStatements(500);
  prepared.call('select 1', []);
  const long = `select '${'x'.repeat(40_000)}'`;
  for (let at = 0; at < 2; at++)
    expect(prepared.call(long, [])).toEqual({ name: '', text: long, values: [] });
  expect(prepared.call('select 1', []).text).toBeUndefined();
  expect(prepared.takeClosed()).toEqual([]);
});
