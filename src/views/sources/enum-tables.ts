import {
  type EnumTableFacts,
  enumColumns,
  enumShapeProblem,
  type Metadata,
  mostEnumRows,
  nameOf,
  noMetadata,
  resolveCatalog,
  type SourceFacts,
  schemaOf,
  type Table,
  type TableFacts,
} from '../../catalog/index.ts';
import { FozError, type SourceName } from '../../core/index.ts';
import { readKeys } from '../../execute/index.ts';
import type { Connector } from '../../plan/index.ts';

/** By source: the tables whose rows are read too, each as schema (`null`: the default one) and name. */
export type WantedEnums = ReadonlyMap<string, readonly (readonly [string | null, string])[]>;

/** The tables that metadata declares as enums. */
export function wantedEnums({ tables }: Metadata): WantedEnums {
  const wanted = new Map<string, (readonly [string | null, string])[]>();
  for (const { source, table, is_enum: isEnum } of tables) {
    if (isEnum !== true) continue;
    const known = wanted.get(source) ?? [];
    wanted.set(source, [...known, [schemaOf(table) ?? null, nameOf(table)]]);
  }
  return wanted;
}

/** The tables of a source that the metadata marks with `is_enum`, if they exist and their columns allow them to be enums. */
export function enumCandidates(
  facts: SourceFacts,
  wanted: WantedEnums,
  source: string,
): readonly TableFacts[] {
  return (wanted.get(source) ?? []).flatMap(([schema, name]) =>
    facts.tables.filter(
      (table) =>
        table.name === name &&
        table.namespace === (schema ?? facts.defaultNamespace) &&
        enumShapeProblem(table) === null,
    ),
  );
}

/** The facts with the current rows of enum tables. Rejects with FozError when the source cannot be read. */
export async function withEnumRows(
  facts: SourceFacts,
  tables: readonly TableFacts[],
  source: SourceName,
  connector: Connector,
): Promise<SourceFacts> {
  if (tables.length === 0) return facts;
  const read: EnumTableFacts[] = [];
  for (const table of tables)
    read.push({
      namespace: table.namespace,
      table: table.name,
      values: await valuesOf(resolved(facts, table, source), table, connector),
    });
  return { ...facts, enumTables: read };
}

/** The rows of an enum table, sorted so that two readings are comparable. `null`: too many rows. */
async function valuesOf(
  table: Table,
  facts: TableFacts,
  connector: Connector,
): Promise<EnumTableFacts['values']> {
  const { value, description } = enumColumns(facts);
  const read = (names: readonly string[]) =>
    readKeys(
      connector,
      table,
      names.map((name) => table.column.get(name)!),
      mostEnumRows,
    );
  try {
    const values = (await read([value.name])) as [string][];
    // Tuples with a NULL are not read, so values without a description are missing here.
    const described =
      description === null ? [] : ((await read([value.name, description.name])) as [string, string][]);
    const descriptions = new Map(described);
    return values
      .map(([text]) => ({ value: text, description: descriptions.get(text) ?? null }))
      .sort((a, b) => (a.value < b.value ? -1 : 1));
  } catch (error) {
    if (error instanceof FozError && error.code === 'limit-exceeded') return null;
    throw error;
  }
}

/** The table alone, resolved as statements need it. */
function resolved(facts: SourceFacts, table: TableFacts, name: SourceName): Table {
  const alone = { ...facts, tables: [{ ...table, foreignKeys: [] }], issues: [] };
  const customization = { rootFields: {}, typeNames: {} };
  const input = { name, naming: 'hasura-default', numbers: 'string', customization, facts: alone } as const;
  return resolveCatalog([input], noMetadata).sources.get(name)!.tables[0]!;
}
