import { type Column, didYouMean, type Table } from '../catalog/index.ts';
import { readAll, refuse } from './read-rule.ts';

/** The columns of a table by their names in the database. Throws RuleProblem with each name that is none. */
export function columnsNamed(table: Table, names: readonly string[], where: string): readonly Column[] {
  return readAll(
    names.map((name, at) => () => {
      const column = table.column.get(name);
      if (column !== undefined) return column;
      const known = table.columns.map((one) => one.name);
      return refuse(`${where}[${at}]`, `there is no column "${name}"${didYouMean(name, known)}`);
    }),
  );
}
