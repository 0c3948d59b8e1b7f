import type { FactIssue, Scalar } from '../../catalog/index.ts';
import { formClass, formMarker, hasForms, isUnusual } from './forms.ts';
import type { Query } from './query.ts';
import type { SchemaTable } from './schema.ts';
import { declaredType } from './types.ts';

/** The forms of stored values, by table and column (as JSON), and the issues of unusual ones. */
export interface FoundForms {
  readonly forms: ReadonlyMap<string, string>;
  readonly issues: readonly FactIssue[];
}

/**
 * Bounds of a scan: rows of a table, columns of one statement, and milliseconds after which no further table is scanned. `bytesMs`: the
 * milliseconds for tables that are scanned for bytes alone, which are rare.
 */
const most = { rows: 200_000, columns: 200, ms: 10_000, bytesMs: 1000 };
const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** The key of a column in `FoundForms.forms`. */
export const columnKey = (table: string, column: string) => JSON.stringify([table, column]);

/** Types whose columns may hold bytes, which are shown as the text that they spell. */
const takesBytes: ReadonlySet<Scalar> = new Set([
  'text',
  'smallint',
  'int',
  'bigint',
  'numeric',
  'float',
  'real',
]);

interface ScannedColumn {
  readonly name: string;
  readonly scalar: Scalar;
}

/** Scans the stored values of all columns whose values may have several forms, and columns of texts and numbers for bytes. */
export async function scanForms(query: Query, tables: readonly SchemaTable[]): Promise<FoundForms> {
  const forms = new Map<string, string>();
  const issues: FactIssue[] = [];
  const end = performance.now() + most.ms;
  let { bytesMs } = most;
  for (const table of tables) {
    const columns = table.columns
      .map(({ name, type }): ScannedColumn => ({ name, scalar: declaredType(type).scalar }))
      .filter(({ scalar }) => hasForms(scalar) || (takesBytes.has(scalar) && !table.view));
    const hasBytesAlone = !columns.some(({ scalar }) => hasForms(scalar));
    if (columns.length === 0 || (hasBytesAlone && bytesMs <= 0)) continue;
    const start = performance.now();
    // The values of a view come from any table or expression, and reading it may take long.
    if (table.view) for (const { name } of columns) forms.set(columnKey(table.name, name), 'mixed');
    else if (performance.now() > end) issues.push(...notScanned(table.name, 'no rows', columns));
    else
      for (let at = 0; at < columns.length; at += most.columns)
        await scanTable(query, table.name, columns.slice(at, at + most.columns), { forms, issues });
    if (hasBytesAlone) bytesMs -= performance.now() - start;
  }
  return { forms, issues };
}

async function scanTable(
  query: Query,
  table: string,
  columns: readonly ScannedColumn[],
  { forms, issues }: { readonly forms: Map<string, string>; readonly issues: FactIssue[] },
): Promise<void> {
  const from = (names: readonly ScannedColumn[]) =>
    `from (select ${names.map(({ name }, at) => `${quote(name)} as v${at}`).join(', ')} from ${quote(table)} limit ${most.rows})`;
  const first = columns.map(({ scalar }, at) =>
    hasForms(scalar)
      ? `count(v${at}), max(v${at} is not null and ${isUnusual(`v${at}`, scalar)})`
      : `1, max(typeof(v${at}) = 'blob')`,
  );
  const [[rows, ...seen] = []] = await query(`select count(*), ${first.join(', ')} ${from(columns)}`);
  if (Number(rows) === most.rows)
    issues.push(...notScanned(table, `only the first ${most.rows} rows`, columns));
  const odd = columns.filter((_, at) => Number(seen[2 * at + 1]) === 1);
  for (const { name, scalar } of odd.filter((column) => !hasForms(column.scalar))) {
    if (scalar === 'text') forms.set(columnKey(table, name), 'bytes mixed');
    issues.push(scalar === 'text' ? mixed(table, name, 'text') : bytesBeside(table, name, scalar));
  }
  const unusual = odd.filter(({ scalar }) => hasForms(scalar));
  for (const [at, { name, scalar }] of columns.entries()) {
    const form = hasForms(scalar) && Number(seen[2 * at]) === 0 ? formMarker([], scalar) : null;
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

function bytesBeside(table: string, column: string, scalar: Scalar): FactIssue {
  const reason = `bytes are stored in a column of type ${scalar}: they are shown as the text that they spell, and no condition but _is_null finds them`;
  return { namespace: null, table, column, reason };
}

/** The issue of rows that were not scanned. It names only columns whose values have several forms: bytes among others are rare. */
function notScanned(table: string, seen: string, columns: readonly ScannedColumn[]): readonly FactIssue[] {
  const formed = columns.filter(({ scalar }) => hasForms(scalar));
  if (formed.length === 0) return [];
  const names = formed.map(({ name }) => name).join(', ');
  const reason = `${seen} were looked at for values that are stored in another form than they are shown in (${names}): conditions and orders may miss such values`;
  return [{ namespace: null, table, column: null, reason }];
}
