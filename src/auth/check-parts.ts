import { parseRoleName } from '../core/index.ts';

/** Something wrong in `auth`, at a place inside it. Never shows a secret. */
export interface AuthProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Takes one problem. */
export type Report = (path: readonly (string | number)[], message: string) => void;

/** Reports a name that cannot be that of a role. */
export function checkRole(role: string, path: readonly (string | number)[], report: Report): void {
  if (parseRoleName(role) === undefined)
    report(path, 'is no name of a role: 1 to 255 characters, no blanks at its ends');
}
