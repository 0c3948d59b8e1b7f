import { FozError } from '../../core/index.ts';
import { always, type Fetch } from '../../plan/index.ts';
import { sql } from '../sql.ts';
import type { CompiledFetch } from './compiled-fetch.ts';
import { rowFields } from './rows.ts';
import { type Scope, SelectList } from './scope.ts';
import { From } from './source.ts';
import { whereClause } from './where.ts';

/** Images of changed rows that pass a predicate. Related rows in it are read as they are now. */
export function compileImages(scope: Scope, fetch: Extract<Fetch, { kind: 'images' }>): CompiledFetch {
  const { dialect } = scope;
  if (dialect.imageRows === undefined)
    throw new FozError('not-supported', 'Changed rows cannot be judged on the engine of this table.');
  const row = scope.imageAlias();
  const { rows, index } = dialect.imageRows(fetch, row);
  const list = new SelectList();
  list.add(index);
  const select = {
    table: fetch.table,
    where: always,
    orderBy: [],
    distinctOn: [],
    limit: null,
    offset: null,
  } as const;
  const out = fetch.rows.map((fields, at) => ({
    kind: 'object' as const,
    key: `r${at}`,
    present: null,
    out: rowFields(scope, list, new From(scope, row), { ...select, fields }, row, ''),
  }));
  const where = whereClause(scope, fetch.where, row);
  return { text: sql`select ${list.render(scope)} from ${rows}${where}`, out, parent: 0 };
}
