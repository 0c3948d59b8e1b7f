import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { didYouMean } from '../../catalog/index.ts';
import { isNetwork } from '../../core/index.ts';
import { faultsOf } from '../expressions/index.ts';
import type { WorkflowFault } from '../runs/check.ts';
import { schemaFault } from '../runs/input.ts';
import { type HookDefinition, methodsOf } from './definition.ts';
import schema from './hook-schema.ts';

let validate: ValidateFunction | undefined;

/** All faults of a definition, with their places as JSON Pointers. */
export function hookFaults(definition: unknown): readonly WorkflowFault[] {
  validate ??= new Ajv2020({ allErrors: true, strict: false, verbose: true }).compile(schema);
  if (!validate(definition))
    return validate
      .errors!.filter(({ keyword }) => keyword !== 'if')
      .map((error) => ({ place: error.instancePath, message: messageOf(error) }));
  return meaningFaults(definition as HookDefinition);
}

function messageOf({ keyword, message, params, parentSchema, data }: ErrorObject): string {
  const unknown = params.additionalProperty ?? params.unevaluatedProperty;
  if (unknown !== undefined)
    return `has no setting "${unknown}"${didYouMean(unknown, Object.keys(parentSchema?.properties ?? {}))}.`;
  if (keyword === 'required') return `needs "${params.missingProperty}".`;
  if (keyword === 'enum') {
    const allowed = (params.allowedValues as unknown[]).map(String);
    return `must be one of ${allowed.join(', ')}${didYouMean(String(data), allowed)}.`;
  }
  return `${message}.`;
}

function meaningFaults(hook: HookDefinition): WorkflowFault[] {
  const { networks = [], schema: body, dedupe, input, auth, signal } = hook;
  const faults = [
    ...faultsOf(input, '/input'),
    ...faultsOf(dedupe?.key, '/dedupe/key'),
    ...faultsOf(signal?.key, '/signal/key'),
    ...faultsOf(hook.confirm, '/confirm'),
    ...targetFaults(hook),
  ];
  for (const [index, network] of networks.entries())
    if (!isNetwork(network))
      faults.push({
        place: `/networks/${index}`,
        message: `is no address or network, as 10.0.0.0/8: ${JSON.stringify(network)}.`,
      });
  if (body !== undefined) {
    const fault = schemaFault(body);
    if (fault !== null) faults.push({ place: '/schema', message: `is no JSON Schema: ${fault}` });
  }
  if (dedupe !== undefined && (dedupe.header === undefined) === (dedupe.key === undefined))
    faults.push({ place: '/dedupe', message: 'needs either a "header" or a "key".' });
  if (auth.kind === 'hmac' && auth.style === 'twilio' && auth.url === undefined)
    faults.push({ place: '/auth', message: 'needs the "url" that Twilio calls, since it is signed.' });
  if (auth.kind === 'hmac' && auth.url !== undefined && !URL.canParse(auth.url))
    faults.push({ place: '/auth/url', message: 'is no URL.' });
  return faults;
}

/** A call either starts a workflow or gives a signal. */
function targetFaults(hook: HookDefinition): WorkflowFault[] {
  const { workflow, signal, confirm, wait_ms: waitMs } = hook;
  const faults: WorkflowFault[] = [];
  if ((workflow === undefined) === (signal === undefined))
    faults.push({ place: '', message: 'needs either a "workflow" to start or a "signal" to give.' });
  if (signal !== undefined && waitMs !== undefined)
    faults.push({ place: '/wait_ms', message: 'has no meaning with a "signal": a call starts no run.' });
  if (confirm !== undefined && hook.auth.kind === 'basic')
    faults.push({
      place: '/auth',
      message:
        'must not be basic with a "confirm": a browser would send the password to a form of another site, too.',
    });
  if (confirm !== undefined && !['GET', 'POST'].every((method) => methodsOf(hook).includes(method)))
    faults.push({ place: '/methods', message: 'must have GET and POST where there is a "confirm".' });
  return faults;
}
