import { parse } from 'graphql';
import type { Table } from '../../src/catalog/index.ts';
import { printExplained } from '../../src/execute/index.ts';
import { printPlan } from '../../src/plan/index.ts';
import { type Instance, openInstance } from '../support/cases/instance.ts';
import { Roles, roleMetadata, sessionOf, withPermissions } from '../support/cases/roles.ts';
import { casesIn, topics } from '../support/cases/tabled.ts';
import { alike } from './alike.ts';
import { allTables, type RandomGrant, visibleRowsOf } from './random-roles.ts';
import { answerOf } from './reference.ts';
import { under } from './visible-rows.ts';

/** The stored answers of what roles may read, against the reference that filters, masks and cuts the fixtures' rows in memory. */
describe('readings of roles against the reference', () => {
  let instance: Instance;
  let roles: Roles;
  beforeAll(async () => {
    instance = await openInstance('pglite', false);
    roles = await Roles.open(
      instance.connectors,
      withPermissions(roleMetadata.tables, roleMetadata.inherited_roles),
    );
  }, 120_000);
  afterAll(() => instance?.close());

  test('explain shows the rules of the role, and no value of a session', async () => {
    const { variables, role } = sessionOf('customer user-id=424242');
    const query = '{ orders(order_by: {id: asc}) { id order_items { line_no } tickets { id } } }';
    const asked = { query, variables: {}, operationName: null, document: parse(query) };
    const explained = roles.engine({ role, variables }).explain(asked);
    const text = `${printPlan(explained.plan)}\n${printExplained(await explained.explain())}`;
    expect(text).toContain('customer_id');
    expect(text).toContain('user-id');
    expect(text).toContain('limit 3');
    expect(text).not.toContain('424242');
  });

  for (const file of topics('allowed')) {
    const cases = casesIn(file).filter(({ tables }) => tables === undefined);
    if (cases.length === 0) continue;
    test.each(cases)(`${file}: $name`, async (one) => {
      const session = sessionOf(one.as);
      const { schema } = roles.engine(session).options;
      const grants = leavesOf(session.role).map((role) => grantsOf(role, allTables(roles.catalog)));
      const visible = visibleRowsOf({ grants, claims: claimsOf(session.variables) }, roles.catalog);
      const answer = await under(visible, () => answerOf(schema, parse(one.ask), one.variables ?? {}));
      expect(alike(one.answer, JSON.parse(JSON.stringify(answer)))).toBeNull();
    });
  }
});

/**
 * The roles with permissions of their own that a role inherits from, directly or through others; the role itself if it inherits
 * from none.
 */
function leavesOf(role: string): string[] {
  const inherited = roleMetadata.inherited_roles?.find(({ role_name }) => role_name === role);
  return inherited === undefined ? [role] : [...new Set(inherited.role_set.flatMap(leavesOf))];
}

function grantsOf(role: string, tables: readonly Table[]): RandomGrant[] {
  return roleMetadata.tables.flatMap(({ source, table, select_permissions }) => {
    const given = select_permissions?.find((entry) => entry.role === role);
    if (given === undefined) return [];
    const found = tables.find((one) => one.source.name === source && one.name === table)!;
    const { columns } = given.permission;
    const select = { ...given.permission, columns: columns === '*' ? [...found.column.keys()] : columns };
    return [{ table: found, select, insert: null, update: null }];
  });
}

/** The variables of a session as JSON values: lists as lists, truths as truths, everything else as text. */
function claimsOf(variables: ReadonlyMap<string, string>): Map<string, unknown> {
  const lists = new Set(['allowed-ids', 'statuses', 'hidden-products', 'trusted-ids']);
  return new Map(
    [...variables].map(([name, text]): [string, unknown] => {
      if (text === 'true' || text === 'false') return [name, text === 'true'];
      if (!lists.has(name)) return [name, text];
      return [name, text.startsWith('[') ? JSON.parse(text) : text.replace(/^\{|\}$/g, '').split(',')];
    }),
  );
}
