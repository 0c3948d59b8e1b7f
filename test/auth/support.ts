import type { AuthRequest } from '../../src/auth/index.ts';
import { FozError } from '../../src/core/index.ts';

/** A request with these headers, in the form in which Node's HTTP server provides them. */
export function request(headers: Record<string, string> = {}, more: Partial<AuthRequest> = {}): AuthRequest {
  return { headers, address: '192.0.2.7', via: 'http', url: '/graphql', ...more };
}

/** Code and message of a refusal. */
export interface Refused {
  readonly code: string;
  readonly message: string;
  readonly why: string | undefined;
  readonly status: unknown;
  readonly challenge: unknown;
}

/** The error with which `run` throws or rejects. Fails if it returns a session or throws anything but a refusal. */
export async function refused(run: () => unknown): Promise<Refused> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof FozError)) throw error;
    const { status, challenge } = error as unknown as { status: unknown; challenge: unknown };
    return { code: error.code, message: error.message, why: error.internal, status, challenge };
  }
  throw new Error('was not refused');
}
