import { FozError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** The name of a source in the configuration: `shop`. */
export type SourceName = Branded<'SourceName'>;
/** The name of a role: `admin`, `customer`. */
export type RoleName = Branded<'RoleName'>;

const plainName = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

/** A source name has at most 63 letters, digits, `_` and `-`, and starts with a letter; `undefined` for any other text. */
export function parseSourceName(text: string): SourceName | undefined {
  return plainName.test(text) ? (text as SourceName) : undefined;
}

/** A role name has 1 to 255 characters, no control characters and no space at either end; `undefined` for any other text. */
export function parseRoleName(text: unknown): RoleName | undefined {
  const fits =
    typeof text === 'string' && text.length <= 255 && text === text.trim() && !/[\p{Cc}]/u.test(text);
  return fits && text !== '' ? (text as RoleName) : undefined;
}

/** The role of a name. Throws FozError `validation-failed` for a name that `parseRoleName` refuses. */
export function roleNamed(text: string): RoleName {
  const role = parseRoleName(text);
  if (role === undefined) throw new FozError('validation-failed', `"${text}" is no name for a role.`);
  return role;
}

/** The role with all permissions. */
export const adminRole = 'admin' as RoleName;
