import { jsonText } from '../core/index.ts';
import { AccessDenied } from './denied.ts';

/** ASCII only and without the `u` flag: no other letter then matches in lower case. */
const variableName = /^x-(?:foz|hasura)-([a-z0-9_.-]{1,100})$/i;

/** Names that control authentication and are not session variables. */
const steering = new Set([
  'admin-secret',
  'use-backend-only-permissions',
  'allowed-roles',
  'default-role',
  'role',
]);

/** `user-id` for `X-Hasura-User-Id` or `x-foz-user-id`; `undefined`: the name is not that of a session variable. */
export function variableOf(name: string): string | undefined {
  return variableName.exec(name)?.[1]?.toLowerCase();
}

/** Whether a name (without prefix) may be that of a session variable. */
export function isVariable(name: string): boolean {
  return !steering.has(name);
}

/** The text of a claim's value: texts unchanged, all other values as JSON; `undefined` for null. */
export function variableText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  const text = typeof value === 'string' ? value : jsonText(value);
  if (text.includes('\0')) throw new AccessDenied({ why: 'a session variable holds the NUL character' });
  return text;
}

/** Adds a variable to a map. Throws when the headers of both prefixes have different values. */
export function setVariable(variables: Map<string, string>, name: string, text: string): void {
  const other = variables.get(name);
  if (other !== undefined && other !== text) {
    const message = `The session variable ${name} has two different values, as x-foz-${name} and as x-hasura-${name}: send one.`;
    throw new AccessDenied({ message, why: `variable ${name} twice` });
  }
  variables.set(name, text);
}
