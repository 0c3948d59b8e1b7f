import type { CatalogIssue, Naming, RootFieldKind, Source, Table } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import { rootEnding, rootKinds, rootPatterns, type TypeKind, typeEnding, typeKinds } from './conventions.ts';
import type { Ending } from './directory.ts';
import { camelCase, capitalise, isLegal, pascalCase, spellExact, spellName } from './identifier.ts';

/** How the names of one source are built: its naming convention and its validated customization. */
export interface Style {
  readonly source: Source;
  readonly naming: Naming;
  /** The namespace field of the root types that contains the source's root fields; `null`: none. */
  readonly namespace: string | null;
  readonly root: { readonly prefix: string; readonly suffix: string };
  readonly type: { readonly prefix: string; readonly suffix: string };
  /** Shared by sources of equal convention and suffix, as Directory requires. */
  readonly typeEndings: readonly Ending<TypeKind>[];
  readonly rootLists: readonly RootList[];
}

/** Endings of root fields. `verb`: the word that all stems of the list start with; `null`: each ending has its own `before`. */
export interface RootList {
  readonly side: 'read' | 'write';
  readonly verb: string | null;
  readonly endings: readonly Ending<RootFieldKind>[];
}

type Bare = Omit<Style, 'typeEndings' | 'rootLists'>;

/** The styles of all sources, and the faults in their customizations. A faulty part is ignored. */
export function stylesOf(sources: readonly Source[]): {
  styles: ReadonlyMap<SourceName, Style>;
  issues: CatalogIssue[];
} {
  const issues: CatalogIssue[] = [];
  const bare = sources.map((source) => bareStyle(source, issues));
  const fold = !arePrefixFree(bare.flatMap((style) => verbs.map((verb) => wordsBefore(style, verb))));
  const typeLists = new Map<string, readonly Ending<TypeKind>[]>();
  const rootLists = new Map<string, readonly RootList[]>();
  const styles = bare.map((style): [SourceName, Style] => {
    const { naming, root, type } = style;
    const typeEndings = shared(typeLists, `${naming} ${type.suffix}`, () =>
      typeKinds.map((kind) => ({ kind, before: '', text: typeEnding(naming, kind) + type.suffix })),
    );
    const lists = shared(rootLists, `${naming} ${root.prefix} ${root.suffix}`, () =>
      rootListsOf(style, fold),
    );
    return [style.source.name, { ...style, typeEndings, rootLists: lists }];
  });
  return { styles: new Map(styles), issues };
}

function bareStyle(source: Source, issues: CatalogIssue[]): Bare {
  const part = (what: string, text: string | undefined, legal: (text: string) => boolean): string => {
    if (text === undefined || text === '' || legal(text)) return text ?? '';
    const reason = `GraphQL cannot spell a name with the ${what} "${text}", so it is ignored. Use letters, digits and _.`;
    issues.push({ severity: 'error', where: source.name, reason });
    return '';
  };
  // In graphql-default a prefix and a suffix are words of the name: `test_` and `_query` make `testAuthorsQuery`.
  const word = (spell: (text: string) => string, text: string) =>
    source.naming === 'graphql-default' ? spell(text.replaceAll(/^_+|_+$/g, '')) : text;
  const { rootFields, typeNames } = source.customization;
  return {
    source,
    naming: source.naming,
    namespace: part('root field namespace', rootFields.namespace, isLegal) || null,
    root: {
      prefix: word(camelCase, part('root field prefix', rootFields.prefix, isLegal)),
      suffix: word(pascalCase, part('root field suffix', rootFields.suffix, isTail)),
    },
    type: {
      prefix: word(pascalCase, part('type name prefix', typeNames.prefix, isLegal)),
      suffix: word(pascalCase, part('type name suffix', typeNames.suffix, isTail)),
    },
  };
}

const verbs = [...new Set(rootKinds.map((kind) => rootPatterns[kind].verb))].filter((verb) => verb !== '');

function arePrefixFree(texts: readonly string[]): boolean {
  const distinct = [...new Set(texts)];
  return distinct.every((one) => distinct.every((other) => one === other || !other.startsWith(one)));
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

/**
 * The endings of root field names (`_by_pk`, `_aggregate`), grouped for look-up: one list for reads and one for writes. `fold`: one list
 * for each verb instead, since a prefix looks like a verb (`insert_`).
 */
function rootListsOf(style: Bare, fold: boolean): RootList[] {
  const ending = (kind: RootFieldKind, before: string) => ({ kind, before, text: rootEndingOf(style, kind) });
  const kindsOf = (...wanted: readonly string[]) =>
    rootKinds.filter((kind) => wanted.includes(rootPatterns[kind].verb));
  const reading: RootList = { side: 'read', verb: '', endings: kindsOf('').map((kind) => ending(kind, '')) };
  if (fold) {
    const each = verbs.map((verb): RootList => {
      return { side: 'write', verb, endings: kindsOf(verb).map((kind) => ending(kind, '')) };
    });
    return [reading, ...each];
  }
  const endings = kindsOf(...verbs).map((kind) => ending(kind, wordsBefore(style, rootPatterns[kind].verb)));
  return [reading, { side: 'write', verb: null, endings }];
}

/** The suffix of a root field's name, after the name of the table. */
export function rootEndingOf({ naming, root }: Bare, kind: RootFieldKind): string {
  return rootEnding(naming, kind) + root.suffix;
}

/** The name of a table in its fields and types: the kept one, else the wanted one. */
export function baseName(table: Table): string {
  return table.keptName ?? wantedName(table);
}

/** `orders`, `sales_orders` outside of the default namespace, or the custom name. */
export function wantedName(table: Table): string {
  if (table.customName !== null) return spellExact(table.customName);
  const name = spellName(table.name);
  const { defaultNamespace } = table.source;
  if (table.namespace === null || table.namespace === defaultNamespace) return name;
  return `${spellName(table.namespace)}_${name}`;
}

/** The common prefix of a table's type names. `base`: its `baseName`. */
export function typeStem({ naming, type }: Style, table: Pick<Table, 'customName'>, base: string): string {
  if (naming === 'hasura-default') return type.prefix + base;
  if (table.customName !== null && type.prefix === '') return capitalise(base);
  return type.prefix + pascalCase(base);
}

/** The words before the table in a root field's name: `insert_`, `shop_`, `shopInsert`. */
export function wordsBefore({ naming, root }: Bare, verb: string): string {
  if (naming === 'hasura-default') return verb === '' ? root.prefix : `${root.prefix}${verb}_`;
  return root.prefix + (root.prefix === '' || root.prefix.endsWith('_') ? verb : capitalise(verb));
}

/** The table in a root field's name: `orders`, or `Orders` after another word. */
export function rootWord(
  { naming, root }: Style,
  verb: string,
  table: Pick<Table, 'customName'>,
  base: string,
): string {
  if (naming === 'hasura-default') return base;
  const word = table.customName === null ? camelCase(base) : base;
  const starts = verb === '' && (root.prefix === '' || root.prefix.endsWith('_'));
  return starts ? word : capitalise(word);
}

/** The name that a native enum wants. EnumNames changes it where a table has it. */
export function enumStem(style: Style, namespace: string | null, name: string): string {
  const other = namespace !== null && namespace !== style.source.defaultNamespace;
  const base = other ? `${spellName(namespace)}_${spellName(name)}` : spellName(name);
  return style.type.prefix + (style.naming === 'hasura-default' ? base : pascalCase(base));
}
