import { StatementSize } from '../../src/events/live/statement-size.ts';

/** A size after so many fast statements; a query alone takes so many milliseconds. */
function grown(statements: number, separateMs = 5, now?: () => number): StatementSize {
  const size = new StatementSize(now);
  size.ranSeparately(separateMs);
  for (let n = 0; n < statements; n++) size.ranTogether(size.queries, 1, 0);
  return size;
}

test('it begins with one query, and doubles up to 500', () => {
  expect(new StatementSize().queries).toBe(1);
  expect([0, 1, 2, 20].map((statements) => grown(statements).queries)).toEqual([2, 4, 8, 500]);
});

test('a statement that takes long gets fewer queries, one with long answers no more', () => {
  const size = grown(3);
  size.ranTogether(16, 150, 0);
  expect(size.queries).toBe(8);
  size.ranTogether(8, 1, 3 * 1024 * 1024);
  expect(size.queries).toBe(8);
  size.failed(8);
  expect(size.queries).toBe(4);
});

test('a statement that was not full says nothing about a larger one', () => {
  const size = grown(3);
  size.ranTogether(3, 1, 0);
  expect(size.queries).toBe(16);
});

test('on a busy machine, where one query takes long, too, statements still grow', () => {
  const size = grown(0, 200);
  size.ranTogether(2, 220, 0);
  expect(size.queries).toBe(4);
});

test('queries that are slower together run alone, and are tried together after a time that doubles', () => {
  let now = 0;
  const size = grown(3, 5, () => now);
  size.ranTogether(16, 5_000, 0);
  expect(size.queries).toBe(1);
  for (const ms of [10_000, 30_000, 70_000]) {
    now = ms - 1;
    size.ranSeparately(5);
    expect(size.queries).toBe(1);
    now = ms;
    size.ranSeparately(5);
    expect(size.queries).toBe(2);
    size.ranTogether(2, 600, 0);
    expect(size.queries).toBe(1);
  }
});

test('slow queries are not run one after another in a statement', () => {
  const size = grown(0, 5_000);
  size.ranTogether(2, 10_000, 0);
  expect(size.queries).toBe(1);
});
