import type { TableFacts } from '../../catalog/index.ts';
import { namesIn } from './created.ts';
import { tokenize } from './tokens.ts';

/** A statement that writes, and the tables as introspection read them. */
export interface WriteContext {
  readonly statement: string;
  readonly table: (name: string) => TableFacts | undefined;
  /** Whether a foreign key of any table leads to this one. */
  readonly isReferred: (name: string) => boolean;
}

type Broken = Readonly<{ table?: string; columns?: readonly string[]; constraint?: string }>;

const written =
  /^(?:insert into|update|delete from) (?:"main"\.)?"((?:[^"]|"")*)"(?: \(((?:"(?:[^"]|"")*"(?:, ?)?)*)\))?/i;

/** The check that a statement broke. `name`: as SQLite says it; `text`: the expression of a check without a name. */
export function brokenCheck(
  name: string | undefined,
  text: string,
  context: WriteContext | undefined,
): Broken {
  const table = writtenTable(context)?.table;
  const constraint = name === undefined ? {} : { constraint: name };
  if (table === undefined || writesBesides(table)) return constraint;
  const declared = table.constraints?.find((one) => one.name === name)?.columns;
  const names = namesIn(tokenize(text));
  const columns =
    declared ??
    table.columns.map((column) => column.name).filter((column) => names.has(column.toLowerCase()));
  return { table: table.name, ...constraint, ...(columns.length === 0 ? {} : { columns }) };
}

/**
 * The foreign key that a statement broke, where it can only be one: SQLite does not report which. An insert can break only keys of its own
 * table whose columns it gives; an update also keys that lead to the table.
 */
export function brokenForeignKey(context: WriteContext | undefined): Broken {
  const found = writtenTable(context);
  if (found === undefined || context === undefined) return {};
  const { table, inserts } = found;
  if (writesBesides(table) || (inserts === null && context.isReferred(table.name))) return {};
  const keys = table.foreignKeys.filter(
    ({ columns }) => inserts === null || columns.every((column) => inserts.has(column)),
  );
  const [key] = keys;
  return keys.length === 1 ? { table: table.name, constraint: key!.name, columns: key!.columns } : {};
}

/** Whether triggers may write other tables, whose constraints may be the broken ones. */
function writesBesides({ triggers }: TableFacts): boolean {
  return triggers !== undefined;
}

/** The table of a statement of Foz; `inserts`: the columns that an insert gives. */
function writtenTable(
  context: WriteContext | undefined,
): { readonly table: TableFacts; readonly inserts: ReadonlySet<string> | null } | undefined {
  const [all, name, list] = written.exec(context?.statement ?? '') ?? [];
  const table = name === undefined ? undefined : context?.table(name.replaceAll('""', '"'));
  if (table === undefined || /^delete/i.test(all!)) return undefined;
  if (!/^insert/i.test(all!)) return { table, inserts: null };
  const columns = [...(list ?? '').matchAll(/"((?:[^"]|"")*)"/g)].map(([, column]) =>
    column!.replaceAll('""', '"'),
  );
  return { table, inserts: new Set(columns) };
}
