/**
 * The path of the first difference between two answers; `null`: none. Ignores the order of members in JSON documents, and
 * the last digits of fractions, since engines add numbers in different orders.
 */
export function alike(given: unknown, expected: unknown, path = '$'): string | null {
  if (typeof given === 'number' && typeof expected === 'number') {
    const near = Math.abs(given - expected) <= 1e-9 * Math.max(Math.abs(given), Math.abs(expected));
    return near ? null : `${path} is ${given} instead of ${expected}`;
  }
  if (Array.isArray(given) && Array.isArray(expected)) {
    if (given.length !== expected.length)
      return `${path} has ${given.length} items instead of ${expected.length}`;
    return first(given.map((item, index) => alike(item, expected[index], `${path}[${index}]`)));
  }
  if (isObject(given) && isObject(expected)) {
    const names = new Set([...Object.keys(given), ...Object.keys(expected)]);
    return first([...names].map((name) => alike(given[name], expected[name], `${path}.${name}`)));
  }
  return given === expected
    ? null
    : `${path} is ${JSON.stringify(given)} instead of ${JSON.stringify(expected)}`;
}

function first(differences: readonly (string | null)[]): string | null {
  return differences.find((difference) => difference !== null) ?? null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
