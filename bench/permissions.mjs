// The cost of a role's rules: the same rows read by a role with a row filter, and by admin with the same condition in the query.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from './data.mjs';
import { attachFile, documentOf, requestOf, spread } from './engine.mjs';
import { findServers } from './servers.mjs';

const rounds = 15;
const each = 400;

/** The tables of the role: its own orders, and the lines of its own orders. */
const tables = [
  {
    source: 'bench',
    table: 'orders',
    select_permissions: [
      {
        role: 'clerk',
        permission: {
          columns: '*',
          filter: { customer_id: { _eq: 'X-Foz-User-Id' } },
          allow_aggregations: true,
        },
      },
    ],
  },
  {
    source: 'bench',
    table: 'order_lines',
    select_permissions: [
      {
        role: 'clerk',
        permission: { columns: '*', filter: { order: { customer_id: { _eq: 'X-Foz-User-Id' } } } },
      },
    ],
  },
];

const cases = {
  'own rows': {
    role: 'query ($top: Int!) { orders(limit: $top, order_by: [{id: asc}]) { id status customer_id } }',
    admin:
      'query ($top: Int!, $user: Int!) { orders(where: {customer_id: {_eq: $user}}, limit: $top, order_by: [{id: asc}]) { id status customer_id } }',
  },
  'rows of own rows': {
    role: 'query ($top: Int!) { order_lines(limit: $top, order_by: [{id: asc}]) { id quantity order_id } }',
    admin:
      'query ($top: Int!, $user: Int!) { order_lines(where: {order: {customer_id: {_eq: $user}}}, limit: $top, order_by: [{id: asc}]) { id quantity order_id } }',
  },
  'a count of own rows': {
    role: 'query { orders_aggregate { aggregate { count } } }',
    admin:
      'query ($user: Int!) { orders_aggregate(where: {customer_id: {_eq: $user}}) { aggregate { count } } }',
  },
};

export async function run() {
  const { postgres } = findServers(['postgres']);
  const folder = mkdtempSync(join(tmpdir(), 'foz-bench-'));
  const file = join(folder, 'foz.yaml');
  const url = await load('postgres', postgres);
  const source = { name: 'bench', kind: 'postgres', url, pool: { max: 1 } };
  writeFileSync(
    file,
    JSON.stringify({ state: join(folder, 'state'), sources: [source], metadata: { tables } }),
  );
  const attached = await attachFile(file);
  try {
    console.log('| rows | role, us | the same in the query, us | ratio |\n|---|---|---|---|');
    for (const [name, queries] of Object.entries(cases)) {
      const spent = { role: [], admin: [] };
      for (let round = 0; round <= rounds; round++)
        for (const who of round % 2 === 0 ? ['role', 'admin'] : ['admin', 'role']) {
          const taken = await time(attached.graphs, who, queries[who]);
          if (round > 0) spent[who].push(taken);
        }
      const [role, admin] = [spread(spent.role).median, spread(spent.admin).median];
      console.log(`| ${name} | ${role.toFixed(0)} | ${admin.toFixed(0)} | ${(role / admin).toFixed(2)} |`);
    }
  } finally {
    await attached.close();
  }
}

/** The mean time of a request in microseconds. Requests run one after the other, each for another user. */
async function time(graphs, who, query) {
  const engine = graphs.engine({ role: who === 'role' ? 'clerk' : 'admin', variables: new Map() });
  const document = documentOf(engine, query);
  const started = performance.now();
  for (let at = 0; at < each; at++) {
    const user = 1 + ((at * 7919) % 2000);
    const variables = { ...(query.includes('$top') ? { top: 20 } : {}), ...(who === 'role' ? {} : { user }) };
    const request = { ...requestOf(query, variables), session: new Map([['user-id', String(user)]]) };
    const { kind } = await (engine.cached(request) ?? engine.execute({ ...request, document }));
    if (kind !== 'data') throw new Error(`${query} is answered with ${kind}`);
  }
  return ((performance.now() - started) * 1000) / each;
}
