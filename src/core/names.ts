import { FozError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** The name of a source as the configuration gives it: `shop`. */
export type SourceName = Branded<'SourceName'>;
/** The name of a role: `admin`, `customer`. */
export type RoleName = Branded<'RoleName'>;

const plainName = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

/** Letters, digits, `_` and `-`, at most 63, starting with a letter; `undefined` for anything else. */
export function parseSourceName(text: string): SourceName | undefined {
  return plainName.test(text) ? (text as SourceName) : undefined;
}

/** 1 to 255 characters, none of them a control character, no space at either end; `undefined` for anything else. */
export function parseRoleName(text: unknown): RoleName | undefined {
  const fits =
    typeof text === 'string' && text.length <= 255 && text === text.trim() && !/[\p{Cc}]/u.test(text);
  return fits && text !== '' ? (text as RoleName) : undefined;
}

/** The role of a name. Throws FozError `validation-failed` for what `parseRoleName` does not take. */
export function roleNamed(text: string): RoleName {
  const role = parseRoleName(text);
  if (role === undefined) throw new FozError('validation-failed', `"${text}" is no name for a role.`);
  return role;
}

/** The role that sees everything. */
export const adminRole = 'admin' as RoleName;
