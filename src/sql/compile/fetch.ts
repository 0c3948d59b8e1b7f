import { unreachable } from '../../core/index.ts';
import type { Aggregate, Compiled, Fetch, OutputField, Select } from '../../plan/index.ts';
import type { Dialect } from '../dialect.ts';
import { render, sql } from '../sql.ts';
import { childAggregate, childGroups } from './child-aggregates.ts';
import { childRows } from './children.ts';
import type { CompiledFetch } from './compiled-fetch.ts';
import { groupOut } from './flat-groups.ts';
import { groupClauses } from './groups.ts';
import { compileImages } from './images.ts';
import { compileKeys, compileRanks } from './keys.ts';
import { aggregateRows, measures, nestedAggregate, nestedList, nestedOne } from './nested.ts';
import { aggregateItems, rowFields } from './rows.ts';
import { Scope, SelectList } from './scope.ts';
import { overSets } from './sets.ts';
import { baseRows, From, limitClause, limitedOrder, orderList } from './source.ts';
import { columnTypes } from './wire.ts';

/** Compiles one read to the SQL of an engine. Pure. */
export function compileFetch(dialect: Dialect, fetch: Fetch): Compiled {
  const draft = compile(new Scope(dialect), fetch);
  return {
    statement: {
      ...render(draft.text, (position) => dialect.placeholder(position)),
      columns: columnTypes(draft.out),
    },
    shape: { out: draft.out, parent: draft.parent ?? null },
    absent: draft.absent ?? null,
  };
}

function compile(scope: Scope, fetch: Fetch): CompiledFetch {
  switch (fetch.kind) {
    case 'rows':
      return rows(scope, fetch.select);
    case 'aggregate':
      return aggregate(scope, fetch.aggregate);
    case 'groups':
      return groups(scope, fetch);
    case 'roots':
      return roots(scope, fetch);
    case 'children':
      return childRows(scope, fetch);
    case 'children aggregate':
      return childAggregate(scope, fetch);
    case 'children groups':
      return childGroups(scope, fetch);
    case 'images':
      return compileImages(scope, fetch);
    case 'keys':
      return compileKeys(scope, fetch);
    case 'ranks':
      return compileRanks(scope, fetch);
    default:
      return unreachable(fetch);
  }
}

function rows(scope: Scope, select: Select): CompiledFetch {
  const row = scope.alias();
  const base = baseRows(scope, select, { condition: null, row });
  const from = new From(scope, row);
  const list = new SelectList();
  const out = rowFields(scope, list, from, select, row, '');
  const limit = limitClause(scope, select.limit, select.offset);
  const order = limitedOrder(scope, orderList(scope, from, select.orderBy), limit);
  return {
    text: sql`select ${list.render(scope)} from ${base.from}${from.joins}${base.where}${order}${limit}`,
    out,
  };
}

function aggregate(scope: Scope, node: Aggregate): CompiledFetch {
  const list = new SelectList();
  const row = scope.alias();
  const { numbers } = node.table.source;
  const out = node.parts.map((part): OutputField => {
    switch (part.kind) {
      case 'aggregate':
        return {
          kind: 'object',
          key: part.key,
          present: null,
          out: aggregateItems(scope, list, part.items, row, numbers, new Set()),
        };
      case 'nodes':
        return { kind: 'rows', key: part.key, fetch: { kind: 'rows', select: part.select } };
      case 'group_by':
        return { kind: 'rows', key: part.key, fetch: { kind: 'groups', aggregate: node, group: part.group } };
      case 'constant':
        return part;
      default:
        return unreachable(part);
    }
  });
  if (!measures(node)) return { text: sql`select ${list.render(scope)}`, out };
  return {
    text: sql`select ${list.render(scope)} from ${aggregateRows(scope, node, null, sql.empty, row)}`,
    out,
  };
}

function groups(scope: Scope, fetch: Extract<Fetch, { kind: 'groups' }>): CompiledFetch {
  const row = scope.alias();
  const list = new SelectList();
  const clauses = groupClauses(scope, fetch.group, row);
  const out = groupOut(scope, list, fetch.group, clauses.keys, row, fetch.aggregate.table.source.numbers);
  const source = aggregateRows(scope, fetch.aggregate, null, sql.empty, row);
  return { text: sql`select ${list.render(scope)} from ${source}${clauses.tail}`, out };
}

function roots(
  scope: Scope,
  { roots: list, sets = false }: Extract<Fetch, { kind: 'roots' }>,
): CompiledFetch {
  const columns = list.map((root) => {
    switch (root.kind) {
      case 'list':
        return scope.jsonText(nestedList(scope, root.select, null, sql.empty));
      case 'one':
        return scope.jsonText(nestedOne(scope, root.select));
      case 'aggregate':
        return scope.jsonText(nestedAggregate(scope, root.aggregate, null, sql.empty));
      default:
        return unreachable(root);
    }
  });
  const out = list.map(
    (root, index): OutputField => ({
      kind: 'json',
      key: root.key,
      index,
      empty: root.kind === 'list' ? '[]' : 'null',
    }),
  );
  const selected = columns.map((column, index) => sql`${column} as ${scope.dialect.name(`c${index}`)}`);
  return { text: sets ? overSets(scope, selected) : sql`select ${sql.join(selected)}`, out };
}
