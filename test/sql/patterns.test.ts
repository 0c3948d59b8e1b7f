import { namespaceFilter, tableFilter } from '../../src/sql/index.ts';

test.each([
  [{ include: [], exclude: [] }, ['app.users', 'app_1.users', 'x.log']],
  [{ include: ['users'], exclude: [] }, ['app.users', 'app_1.users']],
  [{ include: ['app.*'], exclude: [] }, ['app.users']],
  [{ include: ['app_?.*', 'log'], exclude: [] }, ['app_1.users', 'x.log']],
  [{ include: [], exclude: ['users'] }, ['x.log']],
  [{ include: ['*'], exclude: ['x.*'] }, ['app.users', 'app_1.users']],
  [{ include: ['us.rs', '(log'], exclude: [] }, []],
])('tables that %j asks for', (names, expected) => {
  const wanted = tableFilter(names);
  const tables = ['app.users', 'app_1.users', 'x.log'].map((full) => full.split('.') as [string, string]);
  expect(
    tables.filter(([namespace, table]) => wanted(namespace, table)).map((pair) => pair.join('.')),
  ).toEqual(expected);
});

test('an engine without namespaces compares names alone', () => {
  const wanted = tableFilter({ include: ['a*'], exclude: ['a_b'] });
  expect(['a', 'a\nc', 'a_b', 'null.a', 'b'].filter((table) => wanted(null, table))).toEqual(['a', 'a\nc']);
});

test('namespaces: the standard ones unless some are named, less those that are excluded', () => {
  const standard = (name: string) => name !== 'system';
  const names = ['app', 'app_old', 'system'];
  const kept = (include: string[], exclude: string[]) =>
    names.filter(namespaceFilter({ include, exclude }, standard));
  expect(kept([], [])).toEqual(['app', 'app_old']);
  expect(kept([], ['*_old'])).toEqual(['app']);
  expect(kept(['system', 'app'], [])).toEqual(['app', 'system']);
  expect(names.filter(namespaceFilter({ include: [], exclude: [] }))).toEqual(names);
});
