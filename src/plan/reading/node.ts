import { wholeTable } from '../../catalog/index.ts';
import type { NodeTarget } from '../../graph/index.ts';
import { equals, fitsColumn, readValues, valueParam } from '../conditions/exact-values.ts';
import { visibleRows } from '../conditions/rule-predicates.ts';
import { invalid, literal, type Planning } from '../context.ts';
import { argumentsOf, type Selected, subSelections } from '../fields.ts';
import type { Root } from '../model/plan.ts';
import { and } from '../model/predicate.ts';
import { planSelect } from './selection.ts';

/**
 * Plans `node(node_id)`. The plan depends on the id, which identifies the table. The answer is null for a table
 * outside of the role's graph, as it is for a row that the role may not read.
 */
export function planNode(
  planning: Planning,
  selected: Selected,
  find: (mark: string) => NodeTarget | undefined,
  path: string,
): Root {
  const { key } = selected;
  const input = argumentsOf(planning.document, selected, path).get('node_id')!;
  const [mark, ...values] = readValues(literal(planning, input) as string) ?? [];
  if (typeof mark !== 'string' || values.length === 0) throw notAnId(input.path);
  const target = find(mark);
  if (target === undefined) return { kind: 'constant', key, json: 'null' };
  const { columns, type } = target;
  if (values.length !== columns.length || !values.every((value, index) => fitsColumn(value, columns[index]!)))
    throw notAnId(input.path);
  const table = wholeTable(target.table);
  const keyed = columns.map((column, index) => equals(column, valueParam(column, values[index], input.path)));
  const range = {
    where: and(visibleRows(planning, table), ...keyed),
    orderBy: [],
    distinctOn: [],
    limit: null,
    offset: null,
  };
  const select = planSelect(planning, table, range, type, subSelections(selected), path);
  return { kind: 'one', key, path, select };
}

function notAnId(path: string) {
  return invalid(path, 'is not a global id: use one that a row of this graph returned');
}
