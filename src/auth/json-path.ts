/** Steps of a path such as `$.resource_access['my app'].roles[0]`. */
export type JsonPath = readonly (string | number)[];

const step = /(?:\.([A-Za-z_][\w-]*)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\])/y;

/** Parses a path: names after dots, indexes and quoted names in brackets; `undefined`: the text is not a path. */
export function parseJsonPath(text: string): JsonPath | undefined {
  if (!text.startsWith('$')) return undefined;
  const path: (string | number)[] = [];
  step.lastIndex = 1;
  while (step.lastIndex < text.length) {
    const parts = step.exec(text);
    if (parts === null) return undefined;
    const [, name, index, single, double] = parts;
    const quoted = (single ?? double)?.replaceAll(/\\(.)/g, '$1');
    path.push(name ?? quoted ?? Number(index));
  }
  return path;
}

/** The value at a path, own properties only; `undefined`: there is none. */
export function follow(value: unknown, path: JsonPath): unknown {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string | number, unknown>)[name];
  }
  return at;
}
