import { randomUUID } from 'node:crypto';
import { FozError, Networks, withDoubles } from '../../core/index.ts';
import type { HookStore } from '../../store/index.ts';
import type { WorkLog } from '../jobs/index.ts';
import { inputFaults } from '../runs/input.ts';
import type { Runner } from '../runs/runner.ts';
import { type HookAnswer, HookRefused, type HookRequest, json, ofRun, refusal } from './answer.ts';
import { authenticate, type SecretTexts } from './authenticate.ts';
import { BodyRefused } from './body.ts';
import { loggedCall, type Received, receivedOf, usualBytes } from './call.ts';
import { isMetaChallenge, metaChallenge, slackChallenge } from './challenge.ts';
import { confirmation, confirmed } from './confirmation.ts';
import { type HookDefinition, methodsOf, pathOfHook } from './definition.ts';
import { effectOf, type HookEffect, idOf, storeEffect } from './effect.ts';
import { FixedWindow } from './fixed-window.ts';
import { RefusalBudget } from './refusal-budget.ts';
import { Strangers } from './strangers.ts';

export interface HookReceiverOptions {
  readonly calls: HookStore;
  readonly runner: Pick<Runner, 'prepare' | 'evaluate' | 'answer'>;
  readonly secretsOf: SecretTexts;
  /** Resolves when the workflows that the metadata has now can be started. */
  readonly settled: () => Promise<void>;
  /** Whether the metadata was read; until then unknown paths may be webhooks. */
  readonly isRead: () => boolean;
  readonly log: WorkLog;
  readonly now?: () => number;
}

const usualKeySeconds = 86_400;
/** Most calls that wait for their runs at once. */
const mostWaiting = 500;

interface Hook {
  readonly definition: HookDefinition;
  readonly networks: Networks | null;
  readonly rate: FixedWindow | null;
  readonly refusals: RefusalBudget;
}

/** Receives the calls of inbound webhooks. Each one is in the log; the run that it starts is stored before it is answered. */
export class HookReceiver {
  readonly #options: HookReceiverOptions;
  #hooks: ReadonlyMap<string, Hook> = new Map();
  readonly #strangers = new Strangers();
  #waiting = 0;

  constructor(options: HookReceiverOptions) {
    this.#options = options;
  }

  /** Uses these webhooks from now on. Of two with one path the first one is used. */
  use(definitions: readonly HookDefinition[]): void {
    const hooks = new Map<string, Hook>();
    for (const definition of definitions) {
      const path = pathOfHook(definition);
      if (hooks.has(path)) continue;
      const known = this.#hooks.get(path);
      const { networks, rate } = definition;
      const isSame = known !== undefined && JSON.stringify(known.definition) === JSON.stringify(definition);
      hooks.set(
        path,
        isSame
          ? known
          : {
              definition,
              networks: networks === undefined ? null : new Networks(networks),
              rate: rate === undefined ? null : new FixedWindow(rate),
              refusals: new RefusalBudget(),
            },
      );
    }
    this.#hooks = hooks;
  }

  /** Answers a call. Never rejects. */
  async receive(request: HookRequest): Promise<HookAnswer> {
    const hook = this.#hooks.get(request.path);
    // A sender does not call again after 404, and may switch its webhook off.
    if (hook === undefined && !this.#options.isRead())
      return refusal(
        new HookRefused(503, 'unavailable', 'Foz has not read its metadata yet: try again later.'),
      );
    if (hook === undefined || hook.definition.enabled === false)
      return refusal(new HookRefused(404, 'not-found', 'There is no webhook at this path.'));
    const call = { id: randomUUID(), body: null as Buffer | null };
    try {
      return await this.#received(hook, request, call);
    } catch (error) {
      const refused = refusedBy(error);
      if (refused.status >= 500)
        this.#options.log.warn(
          { hook: hook.definition.name, err: error },
          'A call of a webhook could not be answered.',
        );
      await this.#logRefused(hook, request, call, refused);
      return refusal(refused);
    }
  }

  /** Repeats the effect of a call of the log. Resolves with the id of the run, or of the signal. Rejects with FozError. */
  async replay(id: string): Promise<string> {
    const call = await this.#options.calls.find(id);
    if (call === null) throw new FozError('not-found', `There is no call ${id} of a webhook.`);
    const hook = [...this.#hooks.values()].find(({ definition }) => definition.name === call.hook);
    if (hook === undefined)
      throw new FozError('not-found', `There is no inbound webhook "${call.hook}" any more.`);
    if (call.body === null)
      throw new FozError('conflict', `The body of the call ${id} was not kept: it cannot be replayed.`);
    const { definition } = hook;
    const sent = await receivedOf(definition, { ...call, path: pathOfHook(definition) }, call.body);
    const effect = await this.#prepared(definition, sent);
    const { seq: _, at: __, bytes: ___, ...rest } = call;
    const again = {
      ...{ ...rest, id: randomUUID(), replayOf: id, run: effect.kind === 'run' ? effect.run.id : null },
      ...{ status: 202, outcome: 'accepted' as const, reason: null },
    };
    await storeEffect(this.#options.calls, again, effect, null);
    return idOf(effect);
  }

  async #received(
    hook: Hook,
    request: HookRequest,
    call: { readonly id: string; body: Buffer | null },
  ): Promise<HookAnswer> {
    const { definition } = hook;
    const { calls, secretsOf, now = Date.now } = this.#options;
    const isMeta = isMetaChallenge(definition, request);
    this.#admit(hook, request, isMeta);
    if (isMeta) {
      const meta = await metaChallenge(definition, request, secretsOf);
      if (meta === null) throw this.#stranger(definition, request, 'hub.verify_token is wrong', 403);
      countCall(hook);
      await calls.log(loggedCall(definition, request, call, { status: 200, outcome: 'challenge' }));
      return meta;
    }
    const most = definition.max_bytes ?? usualBytes;
    const raw = await request.read(most);
    const url = definition.auth.kind === 'hmac' ? (definition.auth.url ?? 'http://localhost/') : '';
    const signed = {
      ...{ headers: request.headers, body: raw, now: now() },
      url: request.query === '' ? url : `${url}?${request.query}`,
    };
    const wrong = await authenticate(definition.auth, signed, secretsOf);
    if (wrong !== null) throw this.#stranger(definition, request, wrong);
    countCall(hook);
    call.body = raw;
    const sent = await receivedOf(definition, request, raw);
    const { received } = sent;
    const slack = slackChallenge(definition, received.body);
    if (slack !== null) {
      await calls.log(loggedCall(definition, request, call, { status: 200, outcome: 'challenge' }));
      return slack;
    }
    if (definition.confirm !== undefined && request.method === 'GET') {
      const question = await this.#options.runner.evaluate(definition.confirm, received);
      await calls.log(loggedCall(definition, request, call, { status: 200, outcome: 'challenge' }));
      return confirmation(String(question));
    }
    const key = await this.#keyOf(definition, request, received);
    const effect = await this.#prepared(definition, sent);
    const accepted = loggedCall(definition, request, call, { status: 202, outcome: 'accepted' });
    const former = await storeEffect(calls, accepted, effect, key);
    const id = former ?? idOf(effect);
    if (definition.confirm !== undefined && request.headers.accept?.includes('text/html')) return confirmed();
    if (effect.kind === 'signal')
      return json(202, former === null ? { signal: id } : { signal: id, duplicate: true });
    return this.#answered(definition, id, former !== null, request.signal);
  }

  /** The effect of a call, once its body was checked. */
  async #prepared(
    definition: HookDefinition,
    { received, exact }: { readonly received: Received; readonly exact: unknown },
  ): Promise<HookEffect> {
    const { runner, settled } = this.#options;
    await settled();
    if (definition.schema !== undefined) {
      const faults = inputFaults(definition.schema, withDoubles(exact));
      if (faults.length > 0)
        throw new HookRefused(400, 'validation-failed', 'The body does not fit its schema.', null, {
          faults,
        });
    }
    return effectOf(definition, received, runner);
  }

  /** The de-duplication key of a call; `null`: the hook asks for none. */
  async #keyOf({ dedupe }: HookDefinition, { headers }: HookRequest, received: Received) {
    if (dedupe === undefined) return null;
    const { header, key, seconds = usualKeySeconds } = dedupe;
    const value =
      header === undefined
        ? await this.#options.runner.evaluate(key, received)
        : headers[header.toLowerCase()];
    if (value === undefined || value === null || value === '')
      throw new HookRefused(
        400,
        'validation-failed',
        header === undefined
          ? 'The body has no key to recognize repeated calls by.'
          : `The header ${header} is missing, by which repeated calls are recognized.`,
      );
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (text.length > 500 || text.includes('\0'))
      throw new HookRefused(
        400,
        'validation-failed',
        'The key has more than 500 characters, or the character NUL.',
      );
    return { text, seconds };
  }

  async #answered(
    { wait_ms: waitMs }: HookDefinition,
    run: string,
    isDuplicate: boolean,
    signal: AbortSignal | undefined,
  ): Promise<HookAnswer> {
    const later = json(202, isDuplicate ? { run, duplicate: true } : { run });
    if (waitMs === undefined || this.#waiting >= mostWaiting) return later;
    this.#waiting++;
    try {
      const answer = await this.#options.runner.answer(run, waitMs, signal);
      return answer === null ? later : ofRun(run, answer);
    } catch {
      // The run is stored: whoever calls again would start a second one.
      return later;
    } finally {
      this.#waiting--;
    }
  }

  async #logRefused(
    hook: Hook,
    request: HookRequest,
    call: { readonly id: string; readonly body: Buffer | null },
    { status, message, reason }: HookRefused,
  ): Promise<void> {
    const { definition, refusals } = hook;
    // The message may quote a NUL of the body, which PostgreSQL stores in no text: the call would not be in the log.
    const shown = (reason ?? message).replaceAll('\0', '\u2400');
    const ended = { status, outcome: 'refused', reason: shown } as const;
    const body = definition.auth.kind === 'none' ? null : call.body;
    const logged = refusals.fitting(loggedCall(definition, request, { ...call, body }, ended));
    if (logged !== null) await this.#options.calls.log(logged).catch(() => {});
  }

  /** Checks the method and the address. Throws HookRefused. */
  #admit({ definition, networks }: Hook, { method, address }: HookRequest, isChallenge: boolean): void {
    const { name } = definition;
    const methods = methodsOf(definition);
    if (!methods.includes(method) && !isChallenge) {
      const allow = methods.join(', ');
      const message = `This webhook takes ${allow}.`;
      throw new HookRefused(405, 'not-supported', message, null, undefined, { allow });
    }
    if (networks !== null && !networks.has(address))
      throw new HookRefused(403, 'access-denied', 'This address may not call.', 'address not in networks');
    const waitSeconds = this.#strangers.waitOf(name, address);
    if (waitSeconds !== null) throw tooMany(waitSeconds, 'too many wrong credentials from this address');
  }

  /** Counts a call with a wrong credential. Returns its refusal. */
  #stranger(
    { name, auth }: HookDefinition,
    { address }: HookRequest,
    reason: string,
    status: 401 | 403 = 401,
  ): HookRefused {
    this.#strangers.count(name, address);
    const scheme = auth.kind === 'basic' ? 'Basic realm="webhook"' : 'Bearer';
    return new HookRefused(
      status,
      'access-denied',
      'The call is not authenticated.',
      reason,
      undefined,
      status === 401 ? { 'www-authenticate': scheme } : {},
    );
  }
}

/** Counts a call whose credential is right, so that nobody else uses up the rate of the sender. Throws HookRefused. */
function countCall({ rate }: Hook): void {
  const waitSeconds = rate?.take() ?? null;
  if (waitSeconds !== null) throw tooMany(waitSeconds);
}

function tooMany(waitSeconds: number, reason: string | null = null): HookRefused {
  const message = 'There are too many calls: try again later.';
  const headers = { 'retry-after': String(waitSeconds) };
  return new HookRefused(429, 'limit-exceeded', message, reason, undefined, headers);
}

/** The refusal that an error means to the caller. */
function refusedBy(error: unknown): HookRefused {
  if (error instanceof HookRefused) return error;
  if (error instanceof BodyRefused) return new HookRefused(error.status, 'validation-failed', error.message);
  if (error instanceof FozError) {
    if (error.code === 'validation-failed' || error.code === 'data-exception')
      return new HookRefused(400, error.code, error.message, null, error.details);
    const reason = error.internal ?? error.message;
    return new HookRefused(503, 'unavailable', 'The call cannot be taken now: try again later.', reason);
  }
  // The front refuses bodies that are too long or end too early.
  const { status, code, message } = error as { status?: unknown; code?: unknown; message?: unknown };
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new HookRefused(status, String(code), String(message));
  return new HookRefused(500, 'unexpected', 'Something went wrong inside Foz; the log has the details.');
}
