import type { IntrospectOptions } from '../plan/index.ts';
import { isOutbox } from './outbox/index.ts';

/** The table of writes that are done once (`execute/once.ts`). It is never part of the graph. */
export const onceTable = 'foz_once';

type Names = IntrospectOptions['namespaces'];

/** `*` stands for any text, `?` for one character; everything else for itself. */
function matcher(patterns: readonly string[]): (name: string) => boolean {
  const sources = patterns.map((pattern) =>
    pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.'),
  );
  if (sources.length === 0) return () => false;
  const any = new RegExp(`^(?:${sources.join('|')})$`, 'su');
  return (name) => any.test(name);
}

/** Filter for the requested namespaces; default: those that are `standard`. */
export function namespaceFilter(
  { include, exclude }: Names,
  standard: (name: string) => boolean = () => true,
): (name: string) => boolean {
  const wanted = include.length === 0 ? standard : matcher(include);
  const unwanted = matcher(exclude);
  return (name) => wanted(name) && !unwanted(name) && !isOutbox(name);
}

/** Filter for the requested tables, by name or, where the engine has namespaces, by `namespace.name`. */
export function tableFilter({
  include,
  exclude,
}: Names): (namespace: string | null, table: string) => boolean {
  const wanted = include.length === 0 ? () => true : matcher(include);
  const unwanted = matcher(exclude);
  return (namespace, table) => {
    if (isOutbox(table) || table === onceTable) return false;
    if (namespace === null) return wanted(table) && !unwanted(table);
    const full = `${namespace}.${table}`;
    return (wanted(full) || wanted(table)) && !unwanted(full) && !unwanted(table);
  };
}
