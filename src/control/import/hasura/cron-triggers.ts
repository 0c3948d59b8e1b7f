import type { CronTriggerMetadata, NamedMetadata } from '../../../catalog/index.ts';
import { headersOf } from './event-triggers.ts';
import type { Findings } from './findings.ts';
import { type Entry, isEntry } from './read-tree.ts';

const handled = [
  'name',
  'comment',
  'webhook',
  'schedule',
  'payload',
  'headers',
  'retry_conf',
  'include_in_metadata',
];

const reasons: Readonly<Record<string, string>> = {
  request_transform: 'requests are not transformed: the endpoint gets the payload as it is',
  response_transform: 'answers are not transformed',
};

const retryWords = ['num_retries', 'retry_interval_seconds', 'timeout_seconds', 'tolerance_seconds'] as const;

/** Converts cron triggers. What has no counterpart is reported. */
export function cronTriggersOf(root: Entry, findings: Findings): NamedMetadata[] {
  const list = Array.isArray(root.cron_triggers) ? root.cron_triggers.filter(isEntry) : [];
  return list.flatMap((entry) => {
    const { name, comment, webhook, schedule, payload } = entry;
    const place = `cron trigger ${name}`;
    if (typeof name !== 'string' || typeof webhook !== 'string' || typeof schedule !== 'string') {
      findings.add(entry, undefined, place, 'left out: it has no name, no webhook or no schedule');
      return [];
    }
    findings.addRest(entry, handled, place, reasons);
    const trigger: CronTriggerMetadata = {
      ...{ name, schedule, webhook },
      ...(typeof comment === 'string' ? { comment } : {}),
      // Hasura delivers all times that it has missed.
      missed: 'all',
      ...(payload === undefined || payload === null ? {} : { payload }),
      ...headersOf(entry.headers),
      retry_conf: retryOf(entry.retry_conf, place, findings),
    };
    return [trigger as unknown as NamedMetadata];
  });
}

function retryOf(given: unknown, place: string, findings: Findings) {
  // The defaults of Hasura, where they are not those of Foz.
  const retry: NonNullable<CronTriggerMetadata['retry_conf']> = { tolerance_seconds: 21_600 };
  if (!isEntry(given)) return retry;
  findings.addRest(given, retryWords, place);
  const known = retryWords.flatMap((key) => (typeof given[key] === 'number' ? [[key, given[key]]] : []));
  return { ...retry, ...Object.fromEntries(known) };
}
