import type { EventTriggerMetadata } from '../../../catalog/index.ts';
import type { Findings } from './findings.ts';
import { type Entry, isEntry } from './read-tree.ts';

const handled = ['name', 'comment', 'definition', 'webhook', 'webhook_from_env', 'headers', 'retry_conf'];

const reasons: Readonly<Record<string, string>> = {
  request_transform: 'requests are not transformed: the endpoint gets the payload as it is',
  response_transform: 'answers are not transformed',
  cleanup_config: 'workflow.delivery_retention_days of foz.yaml says how long deliveries are kept',
};

/** Converts the event triggers of a table. What has no counterpart is reported. */
export function eventTriggersOf(given: unknown, where: string, findings: Findings): EventTriggerMetadata[] {
  const triggers = Array.isArray(given) ? given.filter(isEntry) : [];
  return triggers.flatMap((trigger) => {
    const place = `${where}: event trigger ${trigger.name}`;
    const { definition, webhook, webhook_from_env: variable } = trigger;
    if (!isEntry(definition) || (typeof webhook !== 'string' && typeof variable !== 'string')) {
      findings.add(trigger, undefined, place, 'it has no definition, or no webhook');
      return [];
    }
    findings.addRest(trigger, handled, place, reasons);
    const retry = retryOf(trigger.retry_conf, place, findings);
    return [
      {
        name: String(trigger.name),
        ...(typeof trigger.comment === 'string' ? { comment: trigger.comment } : {}),
        definition: definitionOf(definition),
        ...(typeof variable === 'string' ? { webhook_from_env: variable } : { webhook: String(webhook) }),
        ...headersOf(trigger.headers),
        // Without these settings Hasura makes one attempt.
        retry_conf: retry,
      },
    ];
  });
}

function definitionOf({ insert, update, delete: removed, enable_manual: manual }: Entry) {
  const columns = (operation: Entry, key: string) =>
    operation[key] === undefined || operation[key] === null
      ? {}
      : { [key]: operation[key] as '*' | string[] };
  return {
    enable_manual: manual === true,
    ...(isEntry(insert) ? { insert: columns(insert, 'columns') } : {}),
    ...(isEntry(update) ? { update: { ...columns(update, 'columns'), ...columns(update, 'payload') } } : {}),
    ...(isEntry(removed) ? { delete: columns(removed, 'columns') } : {}),
  };
}

export function headersOf(given: unknown): Pick<EventTriggerMetadata, 'headers'> {
  const headers = (Array.isArray(given) ? given.filter(isEntry) : []).map(
    ({ name, value, value_from_env: variable }) => ({
      name: String(name),
      ...(typeof variable === 'string' ? { value_from_env: variable } : { value: String(value) }),
    }),
  );
  return headers.length === 0 ? {} : { headers };
}

function retryOf(
  given: unknown,
  place: string,
  findings: Findings,
): NonNullable<EventTriggerMetadata['retry_conf']> {
  if (!isEntry(given)) return {};
  const known = ['num_retries', 'interval_sec', 'timeout_sec'];
  findings.addRest(given, known, place, {
    tolerance_seconds: 'events are delivered however late',
  });
  return Object.fromEntries(
    known.flatMap((key) => (typeof given[key] === 'number' ? [[key, given[key]]] : [])),
  );
}
