import type { Column, EnumType } from './catalog.ts';
import type { ColumnFacts } from './facts.ts';
import type { ColumnConfig } from './metadata.ts';
import { validationRules } from './validation.ts';

/** Resolves a column. `enumType`: `null`, if it has none. `refuse`: called with the reason why a validation rule is not used. */
export function resolveColumn(
  facts: ColumnFacts,
  ordinal: number,
  config: ColumnConfig | undefined,
  enumType: EnumType | null,
  refuse: (reason: string) => void,
): Column {
  return Object.freeze({
    name: facts.name,
    customName: config?.custom_name ?? null,
    type: Object.freeze({
      scalar: facts.scalar,
      array: facts.array,
      nativeType: facts.castType ?? undefined,
      scale: facts.scale,
      ...(facts.compares === undefined ? {} : { compares: facts.compares }),
      ...(facts.lenient === true ? { lenient: true as const } : {}),
      ...(facts.domain === true ? { domain: true as const } : {}),
      ...(facts.collation === undefined ? {} : { collation: facts.collation }),
      ...(facts.loose === true ? { loose: true as const } : {}),
      ...(facts.respelled === true && enumType !== null
        ? { respelled: enumType.values.map(({ value }) => value) }
        : {}),
    }),
    enumType,
    nativeType: facts.nativeType,
    nullable: facts.nullable,
    hasDefault: facts.defaultExpression !== null,
    identity: facts.identity,
    generated: facts.generated,
    maxLength: facts.maxLength,
    precision: facts.precision,
    scale: facts.scale,
    range: facts.range,
    comment: config?.comment ?? facts.comment,
    ordinal,
    mask: null,
    validation: validationOf(config, facts, refuse),
  });
}

/** The validation rules of a column. An impossible rule is left out and reported. */
function validationOf(
  config: ColumnConfig | undefined,
  { scalar, array }: ColumnFacts,
  refuse: (reason: string) => void,
): Column['validation'] {
  return (config?.validation ?? []).flatMap((given) => {
    try {
      return validationRules([given], { scalar, array });
    } catch (error) {
      refuse(`a validation rule is not used: ${(error as Error).message}`);
      return [];
    }
  });
}
