import { firstOldRows } from '../old-rows.ts';
import type { RunStatement } from '../run-statement.ts';
import type {
  Attempt,
  Delivery,
  DeliveryFilter,
  DeliveryState,
  NewDelivery,
  RecordedAttempt,
} from './delivery.ts';

/** The id of a delivery, and of its job. */
export function deliveryId({ endpoint, event }: Pick<NewDelivery, 'endpoint' | 'event'>): string {
  return `${endpoint}/${event}`;
}

/** Adds deliveries whose ids are not there yet, pending or ended. Resolves with the ids of the new ones. */
export async function insertDeliveries(
  run: RunStatement,
  deliveries: readonly NewDelivery[],
): Promise<ReadonlySet<string>> {
  if (deliveries.length === 0) return new Set();
  const column = (of: (one: NewDelivery) => string | null) => deliveries.map(of);
  const rows = await run(
    `insert into foz.deliveries (id, event, endpoint, type, source, time, payload, key)
     select * from unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
     on conflict (id) do nothing returning id`,
    [
      column(deliveryId),
      column(({ event }) => event),
      column(({ endpoint }) => endpoint),
      column(({ type }) => type),
      column(({ source }) => source),
      column(({ time }) => time),
      column(({ payload }) => payload),
      column(({ key }) => key),
    ],
  );
  return new Set(rows.map(({ id }) => String(id)));
}

/** How a delivery goes on after an attempt. */
export interface AttemptRecord {
  readonly id: string;
  readonly state: DeliveryState;
  readonly attempt: Attempt;
}

/** Records attempts, one at most of each delivery. */
export async function recordAttempts(run: RunStatement, records: readonly AttemptRecord[]): Promise<void> {
  if (records.length === 0) return;
  const column = (of: (one: AttemptRecord) => unknown) => records.map(of);
  await run(
    `with given as (
       select * from unnest(?::text[], ?::text[], ?::float8[], ?::int[], ?::text[], ?::text[], ?::text[], ?::text[])
         as given (id, state, ms, status, fault, request_headers, response_headers, response_body)),
     changed as (
       update foz.deliveries d set state = given.state, attempts = d.attempts + 1, numbered = d.numbered + 1,
         ended_at = case when given.state = 'pending' then null else now() end
       from given where d.id = given.id returning d.id, d.numbered)
     insert into foz.delivery_attempts
       (delivery, number, milliseconds, status, fault, request_headers, response_headers, response_body)
     select given.id, changed.numbered, ms, status, fault, request_headers, response_headers, response_body
     from given join changed on changed.id = given.id`,
    [
      column(({ id }) => id),
      column(({ state }) => state),
      column(({ attempt }) => attempt.milliseconds),
      column(({ attempt }) => attempt.status),
      column(({ attempt }) => attempt.fault),
      column(({ attempt }) => JSON.stringify(attempt.requestHeaders)),
      column(({ attempt }) =>
        attempt.responseHeaders === null ? null : JSON.stringify(attempt.responseHeaders),
      ),
      column(({ attempt }) => attempt.responseBody),
    ],
  );
}

const columns = 'id, event, endpoint, type, source, time, payload, key, state, attempts, added_at, ended_at';

/** The deliveries with these ids. */
export async function readDeliveries(
  run: RunStatement,
  ids: readonly string[],
): Promise<readonly Delivery[]> {
  return (await run(`select ${columns} from foz.deliveries where id = any(?::text[])`, [ids])).map(
    deliveryOf,
  );
}

/** Deliveries, the latest first. */
export async function listDeliveries(
  run: RunStatement,
  filter: DeliveryFilter,
  most: number,
): Promise<readonly Delivery[]> {
  const { text, values } = conditionOf(filter);
  const rows = await run(`select ${columns} from foz.deliveries where ${text} order by seq desc limit ?`, [
    ...values,
    most,
  ]);
  return rows.map(deliveryOf);
}

/** Makes deliveries that have ended pending again, the oldest first. Resolves with them. */
export async function reviveDeliveries(
  run: RunStatement,
  filter: DeliveryFilter,
  most: number,
): Promise<readonly Delivery[]> {
  const { text, values } = conditionOf(filter);
  const rows = await run(
    `with meant as (
       select id from foz.deliveries where ${text} and ended_at is not null order by seq limit ? for update)
     update foz.deliveries set state = 'pending', attempts = 0, ended_at = null where id in (select id from meant)
     returning seq, ${columns}`,
    [...values, most],
  );
  return [...rows].sort((one, other) => Number(one.seq) - Number(other.seq)).map(deliveryOf);
}

/** The state of an endpoint. */
export interface EndpointState {
  readonly paused: boolean;
  readonly pending: number;
  readonly dead: number;
}

/** The states of endpoints, by the names of their queues. */
export async function endpointStates(
  run: RunStatement,
  endpoints: readonly { readonly name: string; readonly queue: string }[],
): Promise<ReadonlyMap<string, EndpointState>> {
  const rows = await run(
    `select given.name, q.paused,
       (select count(*) from foz.jobs j where j.queue = q.name) as pending,
       (select count(*) from foz.deliveries d where d.endpoint = given.name and d.state = 'dead') as dead
     from unnest(?::text[], ?::text[]) as given (name, queue) join foz.job_queues q on q.name = given.queue`,
    [endpoints.map(({ name }) => name), endpoints.map(({ queue }) => queue)],
  );
  return new Map(
    rows.map(({ name, paused, pending, dead }) => [
      String(name),
      { paused: paused === true, pending: Number(pending), dead: Number(dead) },
    ]),
  );
}

/** The attempts of a delivery, the first one first. */
export async function readAttempts(run: RunStatement, id: string): Promise<readonly RecordedAttempt[]> {
  const rows = await run(
    `select number, at, milliseconds, status, fault, request_headers, response_headers, response_body
     from foz.delivery_attempts where delivery = ? order by number`,
    [id],
  );
  return rows.map((row) => ({
    number: Number(row.number),
    at: row.at as Date,
    milliseconds: Number(row.milliseconds),
    status: row.status === null ? null : Number(row.status),
    fault: row.fault === null ? null : String(row.fault),
    requestHeaders: JSON.parse(String(row.request_headers)),
    responseHeaders: row.response_headers === null ? null : JSON.parse(String(row.response_headers)),
    responseBody: row.response_body === null ? null : String(row.response_body),
  }));
}

/** Makes at most `most` pending deliveries of a queue dead, unless they are claimed. The last ones first: a blocked job waits for one before it. */
export async function endPending(run: RunStatement, queue: string, most: number): Promise<number> {
  const rows = await run(
    `with gone as (
       delete from foz.jobs where id in (
         select id from foz.jobs where queue = ? and worker is null order by blocked desc, seq desc limit ?
         for update skip locked) returning id),
     ended as (
       update foz.deliveries set state = 'dead', ended_at = now() where id in (select id from gone) and ended_at is null)
     select id from gone`,
    [queue, most],
  );
  return rows.length;
}

/** Removes at most `most` deliveries that ended more than `olderThanMs` ago, with their attempts. Resolves with their number. */
export async function removeEnded(run: RunStatement, olderThanMs: number, most: number): Promise<number> {
  const rows = await run(
    `delete from foz.deliveries where id in (${firstOldRows(`
       select id, ended_at as at, octet_length(payload) as bytes from foz.deliveries
       where ended_at < now() - ? * interval '1 millisecond' order by ended_at limit ? for update skip locked`)}) returning 1`,
    [olderThanMs, most],
  );
  return rows.length;
}

function conditionOf({ ids, endpoint, state, from, to, before }: DeliveryFilter): {
  text: string;
  values: unknown[];
} {
  const parts: [string, unknown][] = [];
  if (ids !== undefined) parts.push(['id = any(?::text[])', ids]);
  if (endpoint !== undefined) parts.push(['endpoint = ?', endpoint]);
  if (state !== undefined) parts.push(['state = ?', state]);
  if (from !== undefined) parts.push(['added_at >= ?', from]);
  if (to !== undefined) parts.push(['added_at < ?', to]);
  if (before !== undefined) parts.push(['seq < (select seq from foz.deliveries where id = ?)', before]);
  return {
    text: ['true', ...parts.map(([text]) => text)].join(' and '),
    values: parts.map(([, value]) => value),
  };
}

function deliveryOf(row: Readonly<Record<string, unknown>>): Delivery {
  return {
    id: String(row.id),
    event: String(row.event),
    endpoint: String(row.endpoint),
    type: String(row.type),
    source: String(row.source),
    time: String(row.time),
    payload: String(row.payload),
    key: row.key === null ? null : String(row.key),
    state: row.state as DeliveryState,
    attempts: Number(row.attempts),
    addedAt: row.added_at as Date,
    endedAt: row.ended_at as Date | null,
  };
}
