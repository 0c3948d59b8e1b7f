import { createHash, timingSafeEqual } from 'node:crypto';
import type { HookAuth } from './definition.ts';
import { checkSignature, type Refused, type SignedRequest } from './signatures.ts';

/** Reads the secrets of a webhook. Rejects with FozError where one is missing. */
export type SecretTexts = (
  refs: readonly ({ readonly env: string } | { readonly secret: string })[],
) => Promise<readonly string[]>;

/** Seconds that the time of a signature may be from now. */
const usualTolerance = 300;

/** Checks the credential of a request. Resolves with why it is refused, for the log; `null`: it is right. */
export async function authenticate(
  auth: HookAuth,
  request: Omit<SignedRequest, 'toleranceMs'>,
  secretsOf: SecretTexts,
): Promise<Refused> {
  const { headers } = request;
  switch (auth.kind) {
    case 'none':
      return null;
    case 'basic': {
      const [, encoded] = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(headers.authorization ?? '') ?? [];
      if (encoded === undefined) return 'there is no Basic credential';
      const given = Buffer.from(encoded, 'base64').toString('utf8');
      const passwords = await secretsOf(auth.passwords);
      return equalsOne(given, passwords, (password) => `${auth.username}:${password}`);
    }
    case 'bearer': {
      const [, token] = /^Bearer (\S+)$/i.exec(headers.authorization ?? '') ?? [];
      if (token === undefined) return 'there is no bearer token';
      return equalsOne(token, await secretsOf(auth.tokens));
    }
    case 'api_key': {
      const key = headers[auth.header.toLowerCase()];
      if (key === undefined) return `there is no header ${auth.header}`;
      return equalsOne(key, await secretsOf(auth.keys));
    }
    case 'hmac': {
      const toleranceMs = (auth.tolerance_seconds ?? usualTolerance) * 1000;
      return checkSignature(auth.style, { ...request, toleranceMs }, await secretsOf(auth.secrets));
    }
  }
}

/** Compares digests, so that the time tells neither the length nor the first difference. */
function equalsOne(
  given: string,
  secrets: readonly string[],
  spelled: (secret: string) => string = (secret) => secret,
): Refused {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  let isRight = false;
  for (const secret of secrets)
    if (secret !== '' && timingSafeEqual(digest(given), digest(spelled(secret)))) isRight = true;
  return isRight ? null : 'the credential is wrong';
}
