import { familyOf } from '../../catalog/index.ts';
import { allowedValues } from './checks.ts';
import { nestedArray, type OwnTypes, type ResolvedType, resolvePlain, type TypeRow } from './natives.ts';

/** Resolves the types of columns: domains to their base types, arrays to their elements. */
export class ColumnTypes {
  readonly #rows: ReadonlyMap<string, TypeRow>;
  readonly #own: OwnTypes;
  readonly #resolved = new Map<string, ResolvedType>();

  constructor(rows: readonly TypeRow[], own: OwnTypes = new Map()) {
    this.#own = own;
    this.#rows = new Map(rows.map((row) => [row.oid, row]));
  }

  /** `spelled`: the type as the server prints it. Only a few names depend on it. */
  resolve(oid: string, modifier: number, spelled: string): ResolvedType {
    const key = `${oid}/${modifier}`;
    const known = this.#resolved.get(key);
    if (known !== undefined) return known;
    const type = this.#find(oid, modifier, spelled);
    this.#resolved.set(key, type);
    return type;
  }

  #find(oid: string, modifier: number, spelled: string): ResolvedType {
    const row = this.#rows.get(oid)!;
    if (row.kind === 'd') return this.#domain(row, spelled);
    if (row.element === null) return resolvePlain(row, modifier, spelled, this.#own);
    const element = this.resolve(row.element, modifier, spelled.replace(/(\[\])+$/, ''));
    return element.array
      ? nestedArray(row, spelled)
      : { ...element, array: true, notNull: false, defaultExpression: null };
  }

  #domain(row: TypeRow, spelled: string): ResolvedType {
    const base = this.resolve(row.base, row.baseModifier, spelled);
    const type: ResolvedType = {
      ...base,
      ...(base.scalar === 'enum' ? { isDomain: true } : {}),
      notNull: base.notNull || row.notNull,
      defaultExpression: row.defaultExpression ?? base.defaultExpression,
    };
    if (base.array || familyOf(base.scalar) !== 'text') return type;
    const values = row.checks?.map(allowedValues).find((one) => one !== null);
    return values === undefined ? type : { ...type, scalar: 'enum', enumType: { row, values: values! } };
  }
}
