import type { CatalogIssue, EnumType, Naming, Source } from '../../catalog/index.ts';
import { enumComparisonName, isReservedEnum, renamed } from './shared.ts';
import { enumStem, type Style } from './style.ts';

interface EnumEntry {
  readonly type: EnumType;
  readonly source: Source;
  readonly kind: 'values' | 'comparison' | 'array comparison';
}

/** Type names of native enums. An enum whose name is taken gets the suffix `_enum`, then a number, and is reported. */
export class EnumNames {
  readonly issues: CatalogIssue[] = [];
  readonly #names = new Map<EnumType, { readonly name: string; readonly naming: Naming }>();
  readonly #entries = new Map<string, EnumEntry>();

  constructor(
    sources: readonly Source[],
    styleOf: (source: Source) => Style,
    isTaken: (name: string) => boolean,
  ) {
    for (const source of sources) {
      for (const type of source.enums) this.#add(type, source, styleOf(source), isTaken);
    }
  }

  name(type: EnumType): string {
    return this.#names.get(type)!.name;
  }

  naming(type: EnumType): Naming {
    return this.#names.get(type)!.naming;
  }

  comparison(type: EnumType, array: boolean): string {
    const { name, naming } = this.#names.get(type)!;
    return enumComparisonName(naming, name, array);
  }

  find(name: string): EnumEntry | undefined {
    return this.#entries.get(name);
  }

  #add(type: EnumType, source: Source, style: Style, isTaken: (name: string) => boolean): void {
    const { naming } = style;
    const wanted = enumStem(style, type.namespace, type.name);
    const isFree = (stem: string) =>
      !isReservedEnum(stem + style.type.suffix) &&
      this.#spellings(naming, stem + style.type.suffix).every(
        ([name]) => !isTaken(name) && !this.#entries.has(name),
      );
    const other = renamed(naming, wanted, 'enum');
    let stem = isFree(wanted) ? wanted : other;
    for (let count = 2; !isFree(stem); count++) stem = `${other}_${count}`;
    const name = stem + style.type.suffix;
    this.#names.set(type, { name, naming });
    for (const [spelling, kind] of this.#spellings(naming, name))
      this.#entries.set(spelling, { type, source, kind });
    if (stem === wanted) return;
    const reason = `The type "${wanted + style.type.suffix}" is another one's, so this enum is called "${name}".`;
    this.issues.push({ severity: 'note', where: `${source.name}.${type.name}`, reason });
  }

  #spellings(naming: Naming, name: string): [string, EnumEntry['kind']][] {
    return [
      [name, 'values'],
      [enumComparisonName(naming, name, false), 'comparison'],
      [enumComparisonName(naming, name, true), 'array comparison'],
    ];
  }
}
