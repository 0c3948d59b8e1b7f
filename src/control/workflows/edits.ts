import type { Metadata, NamedMetadata, namedLists } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { MetadataEdit } from '../edit/edit.ts';

type ListName = (typeof namedLists)[number];

const nouns: Readonly<Record<ListName, string>> = {
  workflows: 'workflow',
  hooks: 'inbound webhook',
  syncs: 'sync',
  cron_triggers: 'cron trigger',
};

/** Adds an entry to a list of the metadata, or replaces the one with its name. Fails with FozError `validation-failed` for a value without a name. */
export function putEntry(list: ListName, entry: unknown): MetadataEdit {
  const noun = nouns[list];
  return entriesEdit(list, 'put', (entries) => {
    const { name } = (entry ?? {}) as { readonly name?: unknown };
    if (typeof name !== 'string' || name === '')
      throw new FozError('validation-failed', `The ${noun} needs a "name".`);
    const others = entries.filter((one) => one.name !== name);
    return [...others, entry as NamedMetadata];
  });
}

/** Removes an entry. Fails with FozError `not-found` when there is none. */
export function dropEntry(list: ListName, name: string): MetadataEdit {
  return entriesEdit(list, 'drop', (entries) => {
    const rest = entries.filter((one) => one.name !== name);
    if (rest.length === entries.length) throw missing(list, name);
    return rest;
  });
}

/** Enables or disables an entry. Fails with FozError `not-found` when there is none. */
export function enableEntry(list: ListName, name: string, enabled: boolean): MetadataEdit {
  return entriesEdit(list, enabled ? 'enable' : 'disable', (entries) => {
    if (!entries.some((one) => one.name === name)) throw missing(list, name);
    return entries.map((one) => {
      if (one.name !== name) return one;
      const { enabled: _, ...rest } = one;
      return (enabled ? rest : { ...one, enabled: false }) as NamedMetadata;
    });
  });
}

function missing(list: ListName, name: string): FozError {
  return new FozError('not-found', `There is no ${nouns[list]} "${name}".`);
}

function entriesEdit(
  list: ListName,
  action: string,
  change: (entries: readonly NamedMetadata[]) => readonly NamedMetadata[],
): MetadataEdit {
  return {
    operation: `${list.slice(0, -1)}.${action}`,
    apply: ({ metadata }): Metadata => {
      const { [list]: entries = [], ...rest } = metadata;
      const changed = change(entries);
      return (changed.length === 0 ? rest : { ...rest, [list]: changed }) as Metadata;
    },
  };
}
