import { varies } from '../../plan/index.ts';
import { type BoundSlot, type Sql, sql } from '../sql.ts';
import type { Scope } from './scope.ts';

/**
 * A statement for many sets of parameters. `columns` are the select list of the statement for one set; they may not depend on a FROM of its
 * own. Placeholders whose values differ between sets become columns of a row source with a row per set.
 */
export function overSets(scope: Scope, columns: readonly Sql[]): Sql {
  const { dialect } = scope;
  const sets = scope.alias();
  const positions = new Map<BoundSlot & { readonly cast: Sql }, number>();
  const columnOf = (slot: BoundSlot): Sql | null => {
    if (!isCast(slot) || !varies(slot.param.source)) return null;
    const at = positions.get(slot) ?? positions.size;
    positions.set(slot, at);
    return sql`${sets}.${dialect.name(`p${at}`)}`;
  };
  const replaced = columns.map((column) => sql.replaceSlots(column, columnOf));
  const index = sql`${sets}.${dialect.name('i')}`;
  return sql`select ${sql.join([...replaced, index])} from ${dialect.parameterSets!([...positions.keys()], sets)}`;
}

function isCast(slot: BoundSlot): slot is BoundSlot & { readonly cast: Sql } {
  return slot.cast !== undefined;
}
