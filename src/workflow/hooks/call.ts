import { withDigits } from '../../core/index.ts';
import { type HookCall, maskSecrets } from '../../store/index.ts';
import type { HookRequest } from './answer.ts';
import { decompressed, fields, parsedBody } from './body.ts';
import type { HookDefinition } from './definition.ts';
import { signatureHeaders } from './signatures.ts';

/** The most bytes of a body where a webhook says nothing else. */
export const usualBytes = 2 ** 20;

/** A received call. */
export interface Received {
  readonly body: unknown;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly method: string;
  readonly path: string;
}

/** A received call without the headers that hold secrets. `exact`: its body with exact numbers. */
export async function receivedOf(
  definition: HookDefinition,
  { headers, query, method, path }: Pick<HookRequest, 'headers' | 'query' | 'method' | 'path'>,
  raw: Buffer,
): Promise<{ readonly received: Received; readonly exact: unknown }> {
  const most = definition.max_bytes ?? usualBytes;
  const plain = await decompressed(raw, headers['content-encoding'], most);
  const exact = await parsedBody(plain, headers['content-type']);
  const received = {
    // Runs are plain JSON, so a number that a double would change becomes the text of its digits.
    body: withDigits(exact),
    query: fields(new URLSearchParams(query)),
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) =>
        value === undefined || isSecretHeader(definition, name) ? [] : [[name, value]],
      ),
    ),
    ...{ method, path },
  };
  return { received, exact };
}

function isSecretHeader({ auth }: HookDefinition, name: string): boolean {
  if (/^(?:proxy-)?authorization$|cookie|secret|token$|api-?key$/.test(name)) return true;
  if (auth.kind === 'api_key') return name === auth.header.toLowerCase();
  return auth.kind === 'hmac' && name === signatureHeaders[auth.style];
}

export function loggedCall(
  definition: HookDefinition,
  { method, query, address, headers }: HookRequest,
  { id, body }: { readonly id: string; readonly body: Buffer | null },
  ended: Pick<HookCall, 'status' | 'outcome'> & { readonly reason?: string },
): HookCall {
  const shown = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, isSecretHeader(definition, name) ? '***' : value]],
  );
  return {
    ...{ id, hook: definition.name, method, address, body, run: null, replayOf: null, reason: null },
    query: String(maskSecrets(`http://x/?${query}`)).slice('http://x/?'.length),
    headers: Object.fromEntries(shown),
    ...ended,
  };
}
