import { parseRoleName } from '../core/index.ts';

/** A problem in `auth`, with its path there. Messages contain no secrets. */
export interface AuthProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Reports one problem. */
export type Report = (path: readonly (string | number)[], message: string) => void;

/** Reports an invalid role name. */
export function checkRole(role: string, path: readonly (string | number)[], report: Report): void {
  if (parseRoleName(role) === undefined)
    report(path, 'is no name of a role: 1 to 255 characters, no blanks at its ends');
}
