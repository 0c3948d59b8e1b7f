import { type AggregateFunction, type Column, familyOf } from '../../src/catalog/index.ts';
import { add, compareExact, type Exact, exact, quotient, rootOfQuotient, times, toText } from './exact.ts';
import { compareHeld, type Held, type Row } from './values.ts';

/** An aggregate function over a column of some rows. NULLs are ignored; without values the result is NULL. */
export function apply(fn: AggregateFunction, column: Column, rows: readonly Row[]): Held {
  const values = rows.map((row) => row[column.name]!).filter((value) => value !== null);
  if (values.length === 0) return null;
  if (fn === 'min' || fn === 'max') return extreme(fn, column, values);
  const numbers = values.map((value) => exact(value));
  if (fn === 'sum') return sumOf(column, numbers);
  const count = exact(values.length);
  if (fn === 'avg') return quotient(total(numbers), count);
  return deviation(fn, numbers);
}

function extreme(fn: 'min' | 'max', column: Column, values: readonly Held[]): Held {
  return values.reduce((best, value) => {
    const order = compareHeld(column.type, value, best);
    return (fn === 'min' ? order < 0 : order > 0) ? value : best;
  });
}

function sumOf(column: Column, numbers: readonly Exact[]): Held {
  if (familyOf(column.type.scalar) === 'float')
    return numbers.reduce((sum, value) => sum + Number(toText(value)), 0);
  return toText(total(numbers));
}

function total(numbers: readonly Exact[]): Exact {
  return numbers.reduce(add);
}

/** (n * sum of squares - square of the sum) / (n * (n - 1)), or n * n for populations: exact up to the division. */
function deviation(
  fn: Exclude<AggregateFunction, 'sum' | 'avg' | 'min' | 'max'>,
  numbers: readonly Exact[],
): Held {
  const population = fn === 'stddev_pop' || fn === 'var_pop';
  const size = numbers.length;
  if (!population && size < 2) return null;
  const sum = total(numbers);
  const squares = total(numbers.map((value) => times(value, value)));
  const negative = times(times(sum, sum), exact(-1));
  const above = add(times(exact(size), squares), negative);
  const below = exact(population ? size * size : size * (size - 1));
  if (compareExact(above, exact(0)) === 0) return 0;
  return fn.startsWith('stddev') ? rootOfQuotient(above, below) : quotient(above, below);
}
