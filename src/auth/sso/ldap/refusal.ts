import { SignInRefused } from '../refused.ts';

/** The states of accounts that Active Directory tells with a refused bind, by the number after "data". */
const states: Readonly<Record<string, string>> = {
  '525': 'no such account',
  '52e': 'wrong password',
  '530': 'not at this time of day',
  '531': 'not from this computer',
  '532': 'the password has expired',
  '533': 'the account is disabled',
  '568': 'the account is in too many groups',
  '701': 'the account has expired',
  '773': 'the password has to be changed first',
  '775': 'the account is locked',
};

/** Result codes of LDAP by which a server refuses one person: others are faults of the server or of the configuration. */
const refusing = new Set([
  19, // constraintViolation: too many attempts, with some servers
  32, // noSuchObject
  34, // invalidDNSyntax
  48, // inappropriateAuthentication: the account has no password
  49, // invalidCredentials
  50, // insufficientAccessRights
  53, // unwillingToPerform: locked or disabled, with some servers
]);

/** Result codes of LDAP of a server that cannot work at the moment. */
const passing = new Set([
  3, // timeLimitExceeded
  51, // busy
  52, // unavailable
]);

/** The refusal of a person whom the directory refuses; `null`: the error has another cause. The state of the account is for the log alone. */
export function refusalOfBind(error: unknown, provider: string): SignInRefused | null {
  const code = codeOf(error);
  if (code === undefined || !refusing.has(code)) return null;
  return wrong(provider, `the directory refuses the bind: ${stateOf(error)} (code ${code})`);
}

/** The refusal of a name or password. Its page is the same for all causes. */
export function wrong(provider: string, why: string): SignInRefused {
  return new SignInRefused('password', `${provider}: ${why}`);
}

/** Whether another server of the directory may do better. */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error);
  return code === undefined ? !(error instanceof SignInRefused) : passing.has(code);
}

/** The result code of LDAP; `undefined`: the error is none of the protocol. */
export function codeOf(error: unknown): number | undefined {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'number' && code < 240 ? code : undefined;
}

function stateOf(error: unknown): string {
  const { message = '' } = error as { readonly message?: string };
  const state = /\bdata ([\da-f]{1,4})\b/i.exec(message)?.[1]?.toLowerCase();
  return state === undefined || !Object.hasOwn(states, state)
    ? 'wrong password, or no such account'
    : states[state]!;
}
