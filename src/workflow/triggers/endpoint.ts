import { variablesInUrl } from '../../access/index.ts';
import type { CronTriggerMetadata, EndpointMetadata, EventTriggerMetadata } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { defaultBreaker, defaultRetry, type Endpoint, type RetryRules } from '../deliveries/endpoint.ts';
import { SigningSecret } from '../deliveries/signature.ts';

/** Requests at once to the endpoint of a trigger that says nothing else. */
export const usualConcurrency = 20;

/** The endpoint of a trigger. Throws FozError `not-supported` where a variable of the environment is missing or wrong. */
export function endpointOf(
  given: EndpointMetadata & Pick<EventTriggerMetadata, 'workflow'>,
  environment: NodeJS.ProcessEnv,
): Endpoint {
  const { headers = [], signing_secrets: secrets = [], breaker, retry_conf: retry } = given;
  const variable = (name: string) => {
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value !== undefined && value !== '') return value;
    throw new FozError(
      'not-supported',
      `The environment variable ${name}, which the trigger ${given.name} needs, is not set.`,
    );
  };
  const { webhook = '', webhook_from_env: from, workflow } = given;
  const url =
    from === undefined
      ? webhook.replaceAll(variablesInUrl, (_, name: string) => variable(name))
      : variable(from);
  const pairs = (of: (header: (typeof headers)[number]) => string | undefined) =>
    Object.fromEntries(
      headers.flatMap((header) => {
        const value = of(header);
        return value === undefined ? [] : [[header.name, value]];
      }),
    );
  return {
    name: given.name,
    ...(workflow === undefined ? {} : { workflow }),
    url,
    headers: pairs(({ value }) => value),
    secretHeaders: pairs(({ value_from_env: from }) => (from === undefined ? undefined : variable(from))),
    signing: secrets.map(({ from_env: from }) => SigningSecret.read(variable(from))),
    form: given.form ?? 'payload',
    timeoutMs: (retry?.timeout_sec ?? 60) * 1000,
    retry: retry === undefined ? defaultRetry : retryOf(retry),
    breaker: {
      failures: breaker?.failures ?? defaultBreaker.failures,
      pauseMs: breaker?.pause_sec === undefined ? defaultBreaker.pauseMs : breaker.pause_sec * 1000,
    },
  };
}

/** Without other settings as Hasura: pauses of ten seconds each, and no second attempt. */
function retryOf(given: NonNullable<EndpointMetadata['retry_conf']>): RetryRules {
  const {
    num_retries: retries = 0,
    interval_sec: interval = 10,
    factor = 1,
    max_interval_sec: longest = 21_600,
  } = given;
  const firstMs = interval * 1000;
  return {
    attempts: retries + 1,
    backOff: { firstMs, factor, longestMs: Math.max(firstMs, longest * 1000), jitter: 0.1 },
    final: given.final_statuses ?? defaultRetry.final,
  };
}

/** The settings of an endpoint of a cron trigger, in the words of event triggers. */
export function cronEndpoint({ retry_conf: given, ...rest }: CronTriggerMetadata): EndpointMetadata {
  if (given === undefined) return rest;
  const { num_retries, factor, final_statuses, ...words } = given;
  const { retry_interval_seconds, max_interval_seconds, timeout_seconds } = words;
  const retry = {
    ...{ num_retries, factor, final_statuses },
    interval_sec: retry_interval_seconds,
    max_interval_sec: max_interval_seconds,
    timeout_sec: timeout_seconds,
  };
  const set = Object.entries(retry).filter(([, value]) => value !== undefined);
  return { ...rest, retry_conf: Object.fromEntries(set) };
}
