/** Namespaces of the server itself. */
export const systemNamespaces: ReadonlySet<string> = new Set([
  'information_schema',
  'mysql',
  'performance_schema',
  'sys',
]);

/** Whether the changes of a namespace are followed. `database`: the one that the URL names; `null`: none, then all but the server's own are. */
export function isFollowed(namespace: string, database: string | null): boolean {
  return database === null ? !systemNamespaces.has(namespace) : namespace === database;
}
