import { FozError } from '../../core/index.ts';

/** The error where a provider cannot be used at the moment. */
export function unavailable(provider: string, why: string, cause?: unknown): FozError {
  return new FozError(
    'unavailable',
    `${provider} cannot be used to sign in at the moment. Try again shortly, or use another way.`,
    { internal: `sign-in: ${provider}: ${why}`.slice(0, 300), cause },
  );
}
