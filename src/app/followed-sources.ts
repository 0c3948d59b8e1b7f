import type { Table } from '../catalog/index.ts';
import { FozError } from '../core/index.ts';
import { type ChangeSetting, changesOf, type SourceRegistry } from '../views/index.ts';

/** How the changes of a source are to be followed. */
export function methodOf(registry: SourceRegistry, source: string): ChangeSetting {
  const attached = registry.find(source);
  return attached === undefined ? 'auto' : changesOf(attached.config).method;
}

/** Throws FozError `not-supported` where a table is of a source whose changes are not followed. */
export function refuseUnfollowed(registry: SourceRegistry, tables: readonly Table[]): void {
  const off = tables.find(({ source }) => methodOf(registry, source.name) === 'off');
  if (off !== undefined)
    throw new FozError(
      'not-supported',
      `The source ${off.source.name} is not followed (changes: off), so nobody can subscribe to ${off.name}: send it as a query, or have "changes" of the source set to auto.`,
    );
}
