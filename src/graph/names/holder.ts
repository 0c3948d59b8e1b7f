import type { RootFieldKind, Table } from '../../catalog/index.ts';
import type { TypeKind } from './conventions.ts';
import type { NameHolder } from './issues.ts';
import { bothNames, type ReservedName } from './reserved.ts';
import { rootWord, type Style, typeStem, wordsBefore } from './style.ts';

/** The part of a graph's names that is needed to find the holder of a name. */
interface FoundNames {
  readonly namespaces: readonly string[];
  style(table: Table): Style;
  hasRoot(table: Table, kind: RootFieldKind): boolean;
  hasType(table: Table, kind: TypeKind): boolean;
  holder(side: 'read' | 'write', namespace: string | null, name: string): Table | undefined;
  findType(name: string): { readonly table: Table } | undefined;
}

/** The holder of a name that a table wants; `null`: the name is free. */
export function holderOf(
  names: FoundNames,
  table: Table,
  wanted: string,
  reserved: ReadonlyMap<string, ReservedName>,
): NameHolder | null {
  const style = names.style(table);
  const absent = bothNames(style, table, wanted).flatMap((name) => reserved.get(name) ?? [])[0];
  return (
    rootHolder(names, table, wanted) ??
    typeHolder(names, table, wanted) ??
    (absent === undefined ? null : { what: 'absent', name: wanted, table: null, absent })
  );
}

function rootHolder(names: FoundNames, table: Table, wanted: string): NameHolder | null {
  const style = names.style(table);
  for (const { side, verb, endings } of style.rootLists) {
    const word = rootWord(style, verb ?? 'any', table, wanted);
    const stem = verb === null ? word : wordsBefore(style, verb) + word;
    for (const { before, text, kind } of endings) {
      if (!names.hasRoot(table, kind)) continue;
      const name = before + stem + text;
      if (style.namespace === null && names.namespaces.includes(name))
        return { what: 'root field', name, table: null };
      const found = names.holder(side, style.namespace, name);
      if (found !== undefined && found !== table) return { what: 'root field', name, table: found };
    }
  }
  return null;
}

function typeHolder(names: FoundNames, table: Table, wanted: string): NameHolder | null {
  const style = names.style(table);
  const stem = typeStem(style, table, wanted);
  for (const { text, kind } of style.typeEndings) {
    const found = names.hasType(table, kind) ? names.findType(stem + text)?.table : undefined;
    if (found !== undefined && found !== table) return { what: 'type', name: stem + text, table: found };
  }
  return null;
}
