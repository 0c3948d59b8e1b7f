import type { Plan, Root } from '../plan/index.ts';
import type { Running } from './fetch.ts';

/** The text of the answer to a query. Throws `limit-exceeded` where it is too long. */
export function wholeText(
  { context }: Running,
  { roots }: Plan,
  texts: ReadonlyMap<Root, string>,
  introspection: ReadonlyMap<string, string>,
): string {
  let length = 0;
  for (const text of texts.values()) length += text.length;
  for (const text of introspection.values()) length += text.length;
  context.held?.check(length);
  return rootText(roots, texts, introspection);
}

/** The JSON object of all root fields, in the order of the document. */
export function rootText(
  roots: readonly Root[],
  texts: ReadonlyMap<Root, string>,
  introspection: ReadonlyMap<string, string>,
): string {
  const entries = roots.map((root) => {
    const key = JSON.stringify(root.key);
    switch (root.kind) {
      case 'constant':
        return `${key}:${root.json}`;
      case 'introspection':
        return `${key}:${introspection.get(root.key) ?? 'null'}`;
      case 'namespace':
        return `${key}:${rootText(root.roots, texts, introspection)}`;
      default:
        return `${key}:${texts.get(root)!}`;
    }
  });
  return `{${entries.join(',')}}`;
}
