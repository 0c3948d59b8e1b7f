import { FozError } from '../../../core/index.ts';
import { SignInRefused } from '../refused.ts';
import { unavailable } from '../unavailable.ts';

/** The fields that are read of errors of `openid-client` and `jose`. */
interface LibraryError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  /** The error code of OAuth 2. */
  readonly error?: string;
  readonly status?: number;
  readonly cause?: unknown;
}

/** The errors of OAuth 2 that an operator has to mend: the person can do nothing about them. */
const misconfigured = new Set([
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]);

/** The refusal for an error while a sign-in was verified. What the provider said goes to the log alone. */
export function refusalOf(error: unknown, provider: string): FozError {
  if (error instanceof FozError) return error;
  const { name = '', code = '', message = '', error: oauth, status } = error as LibraryError;
  if (oauth === 'access_denied' || oauth === 'login_required' || oauth === 'interaction_required')
    return new SignInRefused('cancelled', `${provider}: ${oauth}`);
  const why = [code || name, oauth ?? message].filter((part) => part !== '').join(': ');
  if (oauth !== undefined && misconfigured.has(oauth)) return unavailable(provider, why, error);
  const answered = statusOf(error as LibraryError) ?? status;
  if (oauth === undefined && answered !== undefined && (answered >= 500 || answered === 429))
    return unavailable(provider, `status ${answered}`, error);
  return new SignInRefused('answer', `${provider}: ${why}`);
}

function statusOf({ cause }: LibraryError): number | undefined {
  if (cause instanceof Response) return cause.status;
  const { response } = (cause ?? {}) as { readonly response?: unknown };
  return response instanceof Response ? response.status : undefined;
}
