import type { Table } from '../catalog/index.ts';
import { FozError } from '../core/index.ts';
import { type ChangeSetting, changesOf, type SourceRegistry } from '../views/index.ts';

/** The method of change capture that a source is set to; default: `auto`. */
export function methodOf(registry: SourceRegistry, source: string): ChangeSetting {
  const attached = registry.find(source);
  return attached === undefined ? 'auto' : changesOf(attached.config).method;
}

/** Throws FozError `not-supported` where a table belongs to a source with `changes: off`. */
export function refuseUnfollowed(registry: SourceRegistry, tables: readonly Table[]): void {
  const off = tables.find(({ source }) => methodOf(registry, source.name) === 'off');
  if (off !== undefined)
    throw new FozError(
      'not-supported',
      `The source ${off.source.name} is not followed (changes: off), so ${off.name} cannot be subscribed to: send a query instead, or have "changes" of the source set to auto.`,
    );
}
