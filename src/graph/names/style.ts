import type { CatalogIssue, Naming, RootFieldKind, Source, Table } from '../../catalog/index.ts';
import {
  joinNames,
  rootEnding,
  rootKinds,
  rootPatterns,
  type TypeKind,
  typeEnding,
  typeKinds,
} from './conventions.ts';
import type { Ending } from './directory.ts';
import { camelCase, capitalise, isLegal, pascalCase, spellExact, spellName } from './identifier.ts';

/** How the names of one source are built: its convention and its customization, checked. */
export interface Style {
  readonly source: Source;
  readonly naming: Naming;
  /** Field of the root types around the source's own root fields; `null`: none. */
  readonly namespace: string | null;
  readonly root: { readonly prefix: string; readonly suffix: string };
  readonly type: { readonly prefix: string; readonly suffix: string };
  /** Shared by the sources of equal convention and suffix, see Directory. */
  readonly typeEndings: readonly Ending<TypeKind>[];
  /** Per verb (`''` is reading). */
  readonly rootEndings: ReadonlyMap<string, readonly Ending<RootFieldKind>[]>;
}

/** The styles of all sources, and what is wrong with their customizations; a part that is wrong is ignored. */
export function stylesOf(sources: readonly Source[]): { styles: Map<Source, Style>; issues: CatalogIssue[] } {
  const issues: CatalogIssue[] = [];
  const typeLists = new Map<string, readonly Ending<TypeKind>[]>();
  const rootLists = new Map<string, ReadonlyMap<string, readonly Ending<RootFieldKind>[]>>();
  const styles = sources.map((source): [Source, Style] => {
    const part = (what: string, text: string | undefined, legal: (text: string) => boolean): string => {
      if (text === undefined || text === '' || legal(text)) return text ?? '';
      const reason = `GraphQL cannot spell a name with the ${what} "${text}", so it is ignored. Use letters, digits and _.`;
      issues.push({ severity: 'error', where: source.name, reason });
      return '';
    };
    const { rootFields, typeNames } = source.customization;
    const naming = source.naming;
    const root = {
      prefix: part('root field prefix', rootFields.prefix, isLegal),
      suffix: part('root field suffix', rootFields.suffix, isTail),
    };
    const type = {
      prefix: part('type name prefix', typeNames.prefix, isLegal),
      suffix: part('type name suffix', typeNames.suffix, isTail),
    };
    const typeEndings = shared(typeLists, `${naming} ${type.suffix}`, () =>
      typeKinds.map((kind) => ({ kind, text: typeEnding(naming, kind) + type.suffix })),
    );
    const rootEndings = shared(rootLists, `${naming} ${root.suffix}`, () =>
      rootEndingsOf(naming, root.suffix),
    );
    const namespace = part('root field namespace', rootFields.namespace, isLegal) || null;
    return [source, { source, naming, namespace, root, type, typeEndings, rootEndings }];
  });
  return { styles: new Map(styles), issues };
}

function shared<T>(known: Map<string, T>, key: string, make: () => T): T {
  let found = known.get(key);
  if (found === undefined) {
    found = make();
    known.set(key, found);
  }
  return found;
}

function isTail(text: string): boolean {
  return /^[A-Za-z0-9_]+$/.test(text);
}

function rootEndingsOf(naming: Naming, suffix: string): Map<string, readonly Ending<RootFieldKind>[]> {
  const lists = new Map<string, Ending<RootFieldKind>[]>();
  for (const kind of rootKinds) {
    const { verb } = rootPatterns[kind];
    const list = lists.get(verb) ?? [];
    list.push({ kind, text: rootEnding(naming, kind) + suffix });
    lists.set(verb, list);
  }
  return lists;
}

/** The table in names of fields and types: `orders`, `sales_orders` outside of the default namespace, or its custom name. */
function baseName(table: Table): string {
  if (table.customName !== null) return spellExact(table.customName);
  const name = spellName(table.name);
  const { defaultNamespace } = table.source;
  if (table.namespace === null || table.namespace === defaultNamespace) return name;
  return `${spellName(table.namespace)}_${name}`;
}

/** What the names of all types of a table start with. */
export function typeStem(style: Style, table: Table): string {
  return (
    style.type.prefix + typeWord(style.naming, table.customName !== null, baseName(table), style.type.prefix)
  );
}

function typeWord(naming: Naming, custom: boolean, base: string, prefix: string): string {
  if (naming === 'hasura-default') return base;
  return custom && prefix === '' ? capitalise(base) : pascalCase(base);
}

/** What the names of the root fields of a table start with, behind a verb: `insert_orders`. */
export function rootStem(style: Style, verb: string, table: Table): string {
  const base = baseName(table);
  const { naming, root } = style;
  const word = naming === 'hasura-default' || table.customName !== null ? base : camelCase(base);
  const name = joinNames(naming, verb, word);
  const join = naming === 'graphql-default' && root.prefix !== '' && !root.prefix.endsWith('_');
  return root.prefix + (join ? capitalise(name) : name);
}

/** The name of a native enum, before it is told apart from the tables. */
export function enumStem(style: Style, namespace: string | null, name: string): string {
  const other = namespace !== null && namespace !== style.source.defaultNamespace;
  const base = other ? `${spellName(namespace)}_${spellName(name)}` : spellName(name);
  return style.type.prefix + (style.naming === 'hasura-default' ? base : pascalCase(base));
}
