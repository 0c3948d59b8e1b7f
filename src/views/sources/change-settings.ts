import type { ChangeSetting, ChangesConfig, SourceConfig } from '../config.ts';
import { kindFacts, urlProblem } from './kinds.ts';

export const changeSettings = [
  'auto',
  'replication',
  'triggers',
  'polling',
  'off',
] as const satisfies readonly ChangeSetting[];

/** The setting `changes` of a source in its long form, with the method filled in. */
export function changesOf({
  changes = {},
}: Pick<SourceConfig, 'changes'>): ChangesConfig & { readonly method: ChangeSetting } {
  return typeof changes === 'string' ? { method: changes } : { ...changes, method: changes.method ?? 'auto' };
}

/** The fault in the setting `changes` that the kind of the source decides; `null`: none. Contains no part of a URL but its scheme. */
export function changesProblem({ kind, changes }: Pick<SourceConfig, 'kind' | 'changes'>): {
  readonly path: readonly string[];
  readonly message: string;
} | null {
  const { log, label, place } = kindFacts(kind);
  const { method, url, publication } = changesOf(changes === undefined ? {} : { changes });
  if (method === 'replication' && log === undefined)
    return {
      path: typeof changes === 'string' ? [] : ['method'],
      message: `cannot be replication: ${label} has no log that others can read. Take triggers, or auto`,
    };
  if (publication !== undefined && log !== 'published')
    return { path: ['publication'], message: `is for PostgreSQL only: ${label} has no publications` };
  if (url === undefined) return null;
  if (place !== 'url')
    return { path: ['url'], message: `is for servers only: ${label} is opened by its path` };
  const message = urlProblem(kind, url);
  return message === null ? null : { path: ['url'], message };
}
