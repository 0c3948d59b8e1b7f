import { type AuthConfig, checkAuth } from '../../auth/index.ts';
import { FozError, FozErrors } from '../../core/index.ts';
import { spelled } from '../metadata/located-yaml.ts';
import { checkAgainst } from '../metadata/validate.ts';
import type { FileSettings } from './settings.ts';

/**
 * Throws FozErrors `validation-failed` with all problems of a part of a configuration. Messages show `name` in place of the path `place`.
 */
export function refuseInvalid(part: object, place: string, name: string): void {
  refuse(
    checkAgainst('config', part).map(({ where, message }) => `${called(where, place, name)} ${message}`),
  );
}

/** The same as `refuseInvalid`, for rules of `auth` that a schema cannot express; only problems at `place`. */
export function refuseInvalidAuth(auth: AuthConfig, place: string, name: string): void {
  const found = checkAuth(auth).map(({ path, message }) => ({ where: spelled(path), message }));
  const inside = found.filter(({ where }) => where.startsWith(place));
  refuse(inside.map(({ where, message }) => `${called(where, place, name)} ${message}`));
}

/** Throws FozError `not-supported` for a setting that the configuration file defines. */
export function refuseDeclared(isDeclared: boolean, what: string): void {
  if (isDeclared)
    throw new FozError('not-supported', `The configuration file declares ${what}: change it there.`);
}

/** Throws FozError `not-supported` where there is no authentication. */
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
