import type { AllowedVariables } from '../../access/index.ts';
import type { CatalogIssue, CronTriggerMetadata, Metadata } from '../../catalog/index.ts';
import { type CronTrigger, cronFaults, cronTriggerOf } from '../../workflow/index.ts';
import { violations } from '../metadata/validate.ts';
import { faultIssues, repeatedNames } from '../workflows/issues.ts';

/** The names of all triggers of metadata, also of those with faults. */
export function triggerNames({ tables, cron_triggers: cron = [] }: Metadata): readonly string[] {
  return [...eventNames({ tables }), ...cron.map(({ name }) => name)];
}

function eventNames({ tables }: Pick<Metadata, 'tables'>): readonly string[] {
  return tables.flatMap(({ event_triggers: list = [] }) => list.map(({ name }) => name));
}

/** All problems of the cron triggers in metadata. */
export function cronIssues(metadata: Metadata, variables: AllowedVariables): readonly CatalogIssue[] {
  const { cron_triggers: list = [] } = metadata;
  const taken = new Set(eventNames(metadata));
  return [
    ...list.flatMap((entry, index) => {
      const faults = formFaults(entry) ?? cronFaults(entry as unknown as CronTriggerMetadata, variables);
      const isTaken = taken.has(entry.name);
      const message = 'is the name of an event trigger: names are unique among all triggers.';
      return faultIssues('cron_triggers', entry, index, [
        ...faults,
        ...(isTaken ? [{ place: '/name', message }] : []),
      ]);
    }),
    ...repeatedNames('cron_triggers', list),
  ];
}

/** The faults that the JSON Schema finds, which metadata of files and of the API cannot have; `null`: there are none. */
function formFaults(entry: unknown) {
  const found = violations('cron_triggers', [entry]);
  if (found.length === 0) return null;
  return found.map(({ path, message }) => ({
    place: path
      .slice(1)
      .map((part) => `/${part}`)
      .join(''),
    message: `${message}.`,
  }));
}

/** The cron triggers of metadata without a fault. */
export function validCronTriggers(metadata: Metadata, variables: AllowedVariables): readonly CronTrigger[] {
  const taken = new Set(eventNames(metadata));
  const found = new Map<string, CronTrigger>();
  for (const entry of metadata.cron_triggers ?? []) {
    const given = entry as unknown as CronTriggerMetadata;
    if (taken.has(entry.name) || formFaults(entry) !== null || cronFaults(given, variables).length > 0)
      continue;
    taken.add(entry.name);
    found.set(entry.name, cronTriggerOf(given));
  }
  return [...found.values()];
}
