import { type AuthConfig, checkAuth } from '../../auth/index.ts';
import { FozError, FozErrors } from '../../core/index.ts';
import { checkAgainst, spelled } from '../metadata/validate.ts';
import type { FileSettings } from './settings.ts';

/** Throws FozErrors `validation-failed` with all in which a part of a configuration is wrong. `place` in it is called `name`. */
export function refuseUnfit(part: object, place: string, name: string): void {
  refuse(
    checkAgainst('config', part).map(({ where, message }) => `${called(where, place, name)} ${message}`),
  );
}

/** As `refuseUnfit`, for what a schema cannot say of `auth`; only what is wrong at `place`. */
export function refuseUnfitAuth(auth: AuthConfig, place: string, name: string): void {
  const found = checkAuth(auth).map(({ path, message }) => ({ where: spelled(path), message }));
  const inside = found.filter(({ where }) => where.startsWith(place));
  refuse(inside.map(({ where, message }) => `${called(where, place, name)} ${message}`));
}

/** Throws FozError `not-supported`: the configuration file says it. */
export function refuseDeclared(isDeclared: boolean, what: string): void {
  if (isDeclared)
    throw new FozError('not-supported', `The configuration file declares ${what}: change it there.`);
}

/** Throws FozError `not-supported` where nobody is asked who they are. */
export function refuseNoAuth({ file }: { readonly file: FileSettings }): void {
  if (file.auth === undefined)
    throw new FozError(
      'not-supported',
      'This Foz asks nobody who they are: put an "auth" part into its configuration, which may be empty.',
    );
}

function called(where: string, place: string, name: string): string {
  return where === 'file' ? name : where.replace(place, name);
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0)
    throw new FozErrors(problems.map((message) => new FozError('validation-failed', `${message}.`)));
}
