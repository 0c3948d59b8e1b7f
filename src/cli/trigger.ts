import { FozError } from '../core/index.ts';
import { type EndpointOptions, type RunningFoz, runningFoz } from './endpoint.ts';
import { momentOf } from './moment.ts';
import { printTable } from './output.ts';

interface Options extends EndpointOptions {
  readonly json?: boolean;
}

interface Trigger {
  readonly name: string;
  readonly kind: string;
  readonly comment: string | null;
  readonly about: string;
  readonly problem: string | null;
  readonly following: boolean;
  readonly paused: boolean;
  readonly pending: number;
  readonly dead: number;
  readonly gapAt: string | null;
  readonly gapReason: string | null;
  readonly nextAt: string | null;
}

interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly state: string;
  readonly attempts: number;
  readonly addedAt: string;
  readonly attemptLog?: readonly {
    readonly number: number;
    readonly at: string;
    readonly milliseconds: number;
    readonly status: number | null;
    readonly fault: string | null;
  }[];
}

const fields = 'name kind comment about problem following paused pending dead gapAt gapReason nextAt lastAt';

/** `foz trigger list`: the triggers and their states. */
export async function listTriggers(options: Options): Promise<void> {
  const { triggers } = await serverOf(options).query<{ triggers: readonly Trigger[] }>(
    `{ triggers { ${fields} } }`,
  );
  if (options.json === true) return console.log(JSON.stringify(triggers, null, 2));
  if (triggers.length === 0) return console.log('There are no triggers.');
  printTable([
    ['name', 'kind', 'about', 'state', 'next', 'pending', 'dead'],
    ...triggers.map((one) => [
      ...[one.name, one.kind, one.about, stateOf(one), one.nextAt ?? ''],
      ...[String(one.pending), String(one.dead)],
    ]),
  ]);
  for (const one of triggers) printProblems(one);
}

/** `foz trigger show`: one trigger, with its entry in the metadata. */
export async function showTrigger(name: string, options: Options): Promise<void> {
  const { trigger } = await serverOf(options).query<{ trigger: Trigger | null }>(
    `query ($name: String!) { trigger(name: $name) { ${fields} definition } }`,
    { name },
  );
  if (trigger === null) throw new FozError('not-found', `There is no trigger "${name}".`);
  console.log(JSON.stringify(trigger, null, 2));
}

/** `foz trigger pause` and `resume`. */
export async function pauseTrigger(name: string, paused: boolean, options: Options): Promise<void> {
  const field = paused ? 'pauseTrigger' : 'resumeTrigger';
  await serverOf(options).query(`mutation ($name: String!) { ${field}(name: $name) { name } }`, { name });
  console.log(
    paused
      ? `${name} is paused: deliveries are added, and no attempts are made.`
      : `${name} makes attempts again.`,
  );
}

/** `foz trigger invoke`: delivers a row that is there, or at once what a schedule delivers. */
export async function invokeTrigger(
  name: string,
  input: string | undefined,
  options: Options,
): Promise<void> {
  const { invokeTrigger: id } = await serverOf(options).query<{ invokeTrigger: string }>(
    'mutation ($name: String!, $input: JSON) { invokeTrigger(name: $name, input: $input) }',
    { name, input: input === undefined ? null : inputOf(input) },
  );
  console.log(options.json === true ? JSON.stringify({ id }) : `Added the delivery ${id}`);
}

interface DeliveryOptions extends Options {
  readonly state?: string;
  readonly since?: string;
  readonly until?: string;
  readonly before?: string;
  readonly limit?: string;
  readonly attempts?: boolean;
}

/** `foz trigger deliveries`: deliveries, the latest first. */
export async function listDeliveries(name: string | undefined, options: DeliveryOptions): Promise<void> {
  const log = options.attempts === true ? 'attemptLog { number at milliseconds status fault }' : '';
  const { deliveries } = await serverOf(options).query<{
    deliveries: { readonly entries: readonly Delivery[]; readonly next: string | null };
  }>(
    `query ($filter: DeliveryFilterInput, $before: String, $limit: Int!) {
       deliveries(filter: $filter, before: $before, limit: $limit) { entries { id type state attempts addedAt ${log} } next } }`,
    { filter: filterOf(name, options), before: options.before ?? null, limit: limitOf(options) },
  );
  if (options.json === true) return console.log(JSON.stringify(deliveries, null, 2));
  if (deliveries.entries.length === 0) return console.log('There are no such deliveries.');
  printTable([
    ['id', 'type', 'state', 'attempts', 'added'],
    ...deliveries.entries.map(({ id, type, state, attempts, addedAt }) => [
      id,
      type,
      state,
      String(attempts),
      addedAt,
    ]),
  ]);
  for (const { id, attemptLog = [] } of deliveries.entries)
    for (const { number, at, milliseconds, status, fault } of attemptLog)
      console.log(`${id} ${number}: ${at}, ${Math.round(milliseconds)} ms, ${fault ?? `status ${status}`}`);
  if (deliveries.next !== null) console.log(`More: --before ${deliveries.next}`);
}

/** `foz trigger redeliver`: delivers what has ended again, by default what is dead. */
export async function redeliver(
  name: string | undefined,
  options: DeliveryOptions & { readonly id?: readonly string[] },
): Promise<void> {
  if (name === undefined && options.id === undefined)
    throw new FozError(
      'validation-failed',
      'Name the trigger whose deliveries are meant, or deliveries by --id.',
    );
  const state = options.state ?? (options.id === undefined ? 'dead' : undefined);
  const { redeliver: number } = await serverOf(options).query<{ redeliver: number }>(
    'mutation ($filter: DeliveryFilterInput!, $limit: Int!) { redeliver(filter: $filter, limit: $limit) }',
    {
      filter: {
        ...filterOf(name, { ...options, ...(state === undefined ? {} : { state }) }),
        ids: options.id ?? null,
      },
      limit: limitOf({ limit: '1000', ...options }),
    },
  );
  console.log(options.json === true ? JSON.stringify({ number }) : `${number} deliveries are made again.`);
}

function filterOf(name: string | undefined, { state, since, until }: DeliveryOptions) {
  const moment = (option: string, text: string | undefined) =>
    text === undefined ? null : new Date(momentOf(option, text)).toISOString();
  const times = { from: moment('--since', since), to: moment('--until', until) };
  return { endpoint: name ?? null, state: state ?? null, ...times };
}

function limitOf({ limit = '20' }: Pick<DeliveryOptions, 'limit'>): number {
  if (/^[1-9]\d{0,3}$/.test(limit)) return Number(limit);
  throw new FozError('validation-failed', `--limit must be a number from 1 to 1000, not "${limit}".`);
}

function inputOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FozError('validation-failed', `The input must be JSON, as '{"id": 7}', not ${text}.`);
  }
}

function stateOf({ problem, paused, following }: Trigger): string {
  if (problem !== null) return 'stopped';
  if (paused) return 'paused';
  return following ? 'active' : 'starting';
}

function printProblems({ name, problem, gapAt, gapReason }: Trigger): void {
  if (problem !== null) console.log(`error: ${name}: ${problem}`);
  if (gapAt !== null) console.log(`warning: ${name}: changes are missing since ${gapAt}: ${gapReason}`);
}

function serverOf(options: EndpointOptions): RunningFoz {
  const foz = runningFoz(options);
  if (foz !== null) return foz;
  throw new FozError(
    'validation-failed',
    'Triggers are run by a server: name the one that runs with --endpoint, as --endpoint http://127.0.0.1:8080.',
  );
}
