import { unreachable } from '../../core/index.ts';
import type { GroupBy, OutputField } from '../../plan/index.ts';
import type { Sql } from '../sql.ts';
import { labelled } from './labels.ts';
import { aggregateItems } from './rows.ts';
import type { Scope, SelectList } from './scope.ts';

/** Adds the parts of a group to a select list, as flat columns. */
export function groupOut(
  scope: Scope,
  list: SelectList,
  group: GroupBy,
  keys: readonly Sql[],
  row: Sql,
  numbers: 'string' | 'number',
): OutputField[] {
  return group.parts.map((part): OutputField => {
    switch (part.kind) {
      case 'constant':
        return part;
      case 'aggregate':
        return {
          kind: 'object',
          key: part.key,
          present: null,
          out: aggregateItems(scope, list, part.items, row, numbers, new Set()),
        };
      case 'group_key':
        return {
          kind: 'object',
          key: part.key,
          present: null,
          out: part.entries.map((entry): OutputField => {
            const { type } = group.keys[entry.index]!.column;
            const named = labelled(scope, keys[entry.index]!, type, entry.labels);
            const index = list.add(scope.dialect.flat(named.expression, named.type), `key|${entry.index}`);
            return { kind: 'value', key: entry.key, index, codec: scope.codec(named.type, numbers) };
          }),
        };
      default:
        return unreachable(part);
    }
  });
}
