import type { FactIssue, Scalar } from '../../catalog/index.ts';
import { formClass, formMarker, hasForms, isUnusual } from './forms.ts';
import type { Query } from './query.ts';
import type { SchemaTable } from './schema.ts';
import { declaredType } from './types.ts';

/** The forms of stored values, by table and column (as JSON), and what the owner should know of them. */
export interface FoundForms {
  readonly forms: ReadonlyMap<string, string>;
  readonly issues: readonly FactIssue[];
}

/** Rows of a table that are looked at, and milliseconds after which no further table is. */
const most = { rows: 200_000, ms: 10_000 } as const;
const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** The key of a column in `FoundForms.forms`. */
export const columnKey = (table: string, column: string) => JSON.stringify([table, column]);

interface LookedAt {
  readonly name: string;
  readonly scalar: Scalar;
}

/** Looks at the stored values of all columns whose values may have several forms. */
export async function lookAtForms(query: Query, tables: readonly SchemaTable[]): Promise<FoundForms> {
  const forms = new Map<string, string>();
  const issues: FactIssue[] = [];
  const end = performance.now() + most.ms;
  for (const table of tables) {
    const columns = table.columns
      .map(({ name, type }): LookedAt => ({ name, scalar: declaredType(type).scalar }))
      .filter(({ scalar }) => hasForms(scalar));
    if (columns.length === 0) continue;
    // The values of a view come from any table or expression, and reading it may take long.
    if (table.view) for (const { name } of columns) forms.set(columnKey(table.name, name), 'mixed');
    else if (performance.now() > end) issues.push(notSeen(table.name, 'no rows', columns));
    else await lookAtTable(query, table.name, columns, { forms, issues });
  }
  return { forms, issues };
}

async function lookAtTable(
  query: Query,
  table: string,
  columns: readonly LookedAt[],
  { forms, issues }: { readonly forms: Map<string, string>; readonly issues: FactIssue[] },
): Promise<void> {
  const from = (names: readonly LookedAt[]) =>
    `from (select ${names.map(({ name }, at) => `${quote(name)} as v${at}`).join(', ')} from ${quote(table)} limit ${most.rows})`;
  const first = columns.map(
    ({ scalar }, at) => `count(v${at}), max(v${at} is not null and ${isUnusual(`v${at}`, scalar)})`,
  );
  const [[rows, ...seen] = []] = await query(`select count(*), ${first.join(', ')} ${from(columns)}`);
  if (Number(rows) === most.rows) issues.push(notSeen(table, `only the first ${most.rows} rows`, columns));
  const unusual = columns.filter((_, at) => Number(seen[2 * at + 1]) === 1);
  for (const [at, { name, scalar }] of columns.entries()) {
    const form = Number(seen[2 * at]) === 0 ? formMarker([], scalar) : null;
    if (form !== null) forms.set(columnKey(table, name), form);
  }
  if (unusual.length === 0) return;
  const classes = unusual.map(({ scalar }, at) => `group_concat(distinct ${formClass(`v${at}`, scalar)})`);
  const [found = []] = await query(`select ${classes.join(', ')} ${from(unusual)}`);
  for (const [at, { name, scalar }] of unusual.entries()) {
    const form = formMarker(String(found[at]).split(','), scalar);
    if (form === null) continue;
    forms.set(columnKey(table, name), form);
    if (form.endsWith('mixed')) issues.push(mixed(table, name, scalar));
  }
}

function mixed(table: string, column: string, scalar: Scalar): FactIssue {
  const reason = `values of type ${scalar} are stored in several forms: they are compared as they are shown, and orders, groups and joins by the column use no index`;
  return { namespace: null, table, column, reason };
}

function notSeen(table: string, seen: string, columns: readonly LookedAt[]): FactIssue {
  const names = columns.map(({ name }) => name).join(', ');
  const reason = `${seen} were looked at for values that are stored in another form than they are shown in (${names}): conditions and orders may miss such values`;
  return { namespace: null, table, column: null, reason };
}
