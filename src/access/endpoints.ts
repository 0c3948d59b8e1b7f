import type { EndpointMetadata } from '../catalog/index.ts';
import type { AllowedVariables } from './environment.ts';
import { RuleProblem, readAll, refuse } from './read-rule.ts';

/** Names of environment variables in the URL of an endpoint: `{{NAME}}`. */
export const variablesInUrl = /\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;

type Given = Pick<EndpointMetadata, 'webhook' | 'webhook_from_env' | 'headers' | 'signing_secrets'>;

/** Throws RuleProblem where an endpoint has no URL, or a header no value. `workflow`: what is started instead of a request. */
export function checkEndpoint(given: Given & { readonly workflow?: string }, mayStart: boolean): void {
  const {
    webhook,
    webhook_from_env: variable,
    workflow,
    headers = [],
    signing_secrets: secrets = [],
  } = given;
  readAll([
    () => {
      if ([webhook, variable, workflow].filter((one) => one !== undefined).length !== 1)
        refuse(
          'webhook',
          mayStart
            ? 'give one of "webhook", "webhook_from_env" and "workflow"'
            : 'give either "webhook" or "webhook_from_env"',
        );
      if (workflow !== undefined && headers.length + secrets.length > 0)
        refuse('workflow', 'no request is sent: leave out "headers" and "signing_secrets"');
      const isWhole = webhook !== undefined && !webhook.includes('{{');
      if (isWhole && !/^https?:$/.test(URL.canParse(webhook) ? new URL(webhook).protocol : ''))
        refuse('webhook', 'it is no URL that begins with http:// or https://');
    },
    ...headers.map(({ value, value_from_env: fromEnv }, at) => () => {
      if ((value === undefined) === (fromEnv === undefined))
        refuse(`headers[${at}]`, 'give either "value" or "value_from_env"');
    }),
  ]);
}

/** Throws RuleProblem where an endpoint uses a variable of the environment that it may not use. */
export function checkVariables(given: Given, variables: AllowedVariables): void {
  const { webhook = '', webhook_from_env: from, headers = [], signing_secrets: secrets = [] } = given;
  const used: [string, string | undefined][] = [
    ...[...webhook.matchAll(variablesInUrl)].map(([, name]): [string, string] => ['webhook', name!]),
    ['webhook_from_env', from],
    ...headers.map((one, at): [string, string | undefined] => [`headers[${at}]`, one.value_from_env]),
    ...secrets.map((one, at): [string, string] => [`signing_secrets[${at}]`, one.from_env]),
  ];
  readAll(
    used.map(([where, name]) => () => {
      const reason = name === undefined ? null : variables.refusal(name);
      if (reason !== null) refuse(where, reason);
    }),
  );
}

/** The faults of an endpoint, each with its place. */
export function endpointFaults(
  given: Given,
  variables: AllowedVariables,
): readonly { readonly where: string; readonly reason: string }[] {
  try {
    readAll([() => checkEndpoint(given, false), () => checkVariables(given, variables)]);
    return [];
  } catch (error) {
    if (!(error instanceof RuleProblem)) throw error;
    return error.problems;
  }
}
