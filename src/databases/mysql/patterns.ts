import type { IntrospectOptions } from '../../plan/index.ts';

/** Whether some glob (`*` any text, `?` one character) stands for the whole name. */
function anyOf(globs: readonly string[]): (name: string) => boolean {
  const expressions = globs.map((glob) => {
    const parts = [...glob].map((char) =>
      char === '*'
        ? '.*'
        : char === '?'
          ? '.'
          : /\w/.test(char)
            ? char
            : `\\u{${char.codePointAt(0)!.toString(16)}}`,
    );
    return new RegExp(`^(?:${parts.join('')})$`, 'su');
  });
  return (name) => expressions.some((expression) => expression.test(name));
}

/** Whether a database of the server is asked for. */
export function namespaceFilter({ namespaces }: IntrospectOptions): (name: string) => boolean {
  const wanted = anyOf(namespaces.include);
  const unwanted = anyOf(namespaces.exclude);
  return (name) => wanted(name) && !unwanted(name);
}

/** Whether a table is asked for, by its name alone or with its database before it. */
export function tableFilter({ tables }: IntrospectOptions): (namespace: string, table: string) => boolean {
  const wanted = anyOf(tables.include);
  const unwanted = anyOf(tables.exclude);
  const either = (test: (name: string) => boolean, namespace: string, table: string) =>
    test(table) || test(`${namespace}.${table}`);
  return (namespace, table) =>
    (tables.include.length === 0 || either(wanted, namespace, table)) && !either(unwanted, namespace, table);
}
