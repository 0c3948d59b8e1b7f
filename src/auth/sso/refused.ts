import { AccessDenied } from '../denied.ts';

/** Why a sign-in was refused, as far as the person may know it, with the text of the page. */
export const refusals = {
  cancelled: 'The sign-in was cancelled at the provider.',
  attempt:
    'This attempt to sign in is not known to this browser, or took longer than ten minutes. Start again.',
  answer:
    'The answer of the provider was not accepted. Start again; if it happens again, tell an administrator.',
  password: 'Name or password is wrong, or the account may not sign in.',
  'too-often': 'There were too many attempts. Wait a while, then try again.',
  role: 'You were recognized, but have no role here. Ask an administrator for access.',
  unknown: 'You were recognized, but have no account here. Ask an administrator to invite you.',
  disabled: 'Your account is disabled. Ask an administrator.',
  redirect: 'The address to return to after the sign-in is not one of this server.',
} as const;

export type RefusalReason = keyof typeof refusals;

/** A refused sign-in. `why` is for the log and the audit log. */
export class SignInRefused extends AccessDenied {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, why: string) {
    super({ message: refusals[reason], why: `sign-in: ${why}`, status: 403 });
    this.name = 'SignInRefused';
    this.reason = reason;
  }
}
