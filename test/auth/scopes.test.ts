import { allowsOperation, allowsTable, type ScopesConfig, scopesOf } from '../../src/auth/index.ts';

test('nothing told narrows nothing', () => {
  expect(scopesOf(undefined)).toBeUndefined();
  expect(scopesOf({})).toBeUndefined();
  expect(allowsOperation(undefined, 'mutation')).toBe(true);
  expect(allowsTable(undefined, { source: 'a', namespace: null, table: 'b' })).toBe(true);
});

test.each<[ScopesConfig, string]>([
  [{ operations: ['read'] }, 'query'],
  [{ operations: ['read', 'subscribe'] }, 'query subscription'],
  [{ operations: ['write'] }, 'mutation'],
  [{ operations: [] }, ''],
  [{ sources: ['a'] }, 'query mutation subscription'],
])('%j allows %s', (config, allowed) => {
  const scopes = scopesOf(config);
  expect(
    (['query', 'mutation', 'subscription'] as const)
      .filter((kind) => allowsOperation(scopes, kind))
      .join(' '),
  ).toBe(allowed);
});

test.each<[ScopesConfig, string, boolean]>([
  [{ sources: ['shop'] }, 'shop.public.orders', true],
  [{ sources: ['shop'] }, 'shop2.public.orders', false],
  [{ sources: ['shop*'] }, 'shop2.public.orders', true],
  [{ sources: [] }, 'shop.public.orders', false],
  [{ tables: ['shop.orders'] }, 'shop.public.orders', true],
  [{ tables: ['shop.orders'] }, 'shop.audit.orders', true],
  [{ tables: ['shop.public.orders'] }, 'shop.audit.orders', false],
  [{ tables: ['shop.public.*'] }, 'shop.public.orders', true],
  [{ tables: ['shop.public.*'] }, 'shop.audit.orders', false],
  [{ tables: ['shop.*'] }, 'shop.audit.orders', true],
  [{ tables: ['*.*.orders'] }, 'desk.main.orders', true],
  [{ tables: ['*'] }, 'desk.main.orders', false],
  [{ tables: ['shop.or*rs'] }, 'shop.public.orders', true],
  [{ tables: ['shop.o*de*s'] }, 'shop.public.orders', true],
  [{ tables: ['shop.o*dd*s'] }, 'shop.public.orders', false],
  [{ tables: ['shop.orders*orders'] }, 'shop.public.orders', false],
  [{ tables: ['shop.Orders'] }, 'shop.public.orders', false],
  [{ tables: ['shop.o.*'] }, 'shop.public.orders', false],
  [{ tables: ['shop.ord'] }, 'shop.public.orders', false],
  [{ sources: ['desk'], tables: ['shop.orders'] }, 'shop.public.orders', false],
  [{ tables: ['shop.orders'] }, 'shop..orders', true],
])('%j and %s: %s', (config, name, allowed) => {
  const [source, namespace, table] = name.split('.') as [string, string, string];
  expect(
    allowsTable(scopesOf(config), { source, namespace: namespace === '' ? null : namespace, table }),
  ).toBe(allowed);
});

test('a pattern with many stars takes no time', () => {
  const scopes = scopesOf({ tables: [`shop.${'*a'.repeat(100)}b`] });
  const started = performance.now();
  expect(allowsTable(scopes, { source: 'shop', namespace: null, table: 'a'.repeat(10_000) })).toBe(false);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('the same scopes have the same text', () => {
  expect(scopesOf({ sources: ['b', 'a', 'a'] })!.text).toBe(scopesOf({ sources: ['a', 'b'] })!.text);
  expect(scopesOf({ sources: ['a'] })!.text).not.toBe(scopesOf({ tables: ['a'] })!.text);
  expect(scopesOf({ operations: ['read', 'write', 'subscribe'] })!.text).not.toBe(
    scopesOf({ operations: ['read'] })!.text,
  );
});
