import { createHash, timingSafeEqual } from 'node:crypto';
import { type HookAnswer, type HookRequest, plainText } from './answer.ts';
import type { SecretTexts } from './authenticate.ts';
import type { HookDefinition } from './definition.ts';

/** Most characters of a challenge that are sent back. */
const longest = 1_000;

/** Whether this is the request by which Meta verifies a webhook. */
export function isMetaChallenge({ challenge }: HookDefinition, { method, query }: HookRequest): boolean {
  return (
    challenge?.style === 'meta' &&
    method === 'GET' &&
    new URLSearchParams(query).get('hub.mode') === 'subscribe'
  );
}

/** The answer to the request by which Meta verifies a webhook, which is not signed but has a token; `null`: its token is wrong. */
export async function metaChallenge(
  { challenge }: HookDefinition,
  { query }: HookRequest,
  secretsOf: SecretTexts,
): Promise<HookAnswer | null> {
  if (challenge?.style !== 'meta') return null;
  const given = new URLSearchParams(query);
  const [token = ''] = await secretsOf([challenge.token]);
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const isRight = token !== '' && timingSafeEqual(digest(token), digest(given.get('hub.verify_token') ?? ''));
  if (!isRight) return null;
  return plainText((given.get('hub.challenge') ?? '').slice(0, longest));
}

/** The answer to the signed request by which Slack verifies a webhook; `null`: it is another request. */
export function slackChallenge({ challenge }: HookDefinition, body: unknown): HookAnswer | null {
  if (challenge?.style !== 'slack' || typeof body !== 'object' || body === null) return null;
  const { type, challenge: text } = body as { readonly type?: unknown; readonly challenge?: unknown };
  if (type !== 'url_verification' || typeof text !== 'string') return null;
  return plainText(text.slice(0, longest));
}
