import { jsonText } from '../core/index.ts';
import { AccessDenied } from './denied.ts';

/** ASCII only and without the `u` flag: no other letter becomes one of these in lower case. */
const variableName = /^x-(?:foz|hasura)-([a-z0-9_.-]{1,100})$/i;

/** Names that steer authentication and are no variables of the session. */
const steering = new Set([
  'admin-secret',
  'use-backend-only-permissions',
  'allowed-roles',
  'default-role',
  'role',
]);

/** `user-id` of `X-Hasura-User-Id` or `x-foz-user-id`; `undefined` for a name that is no session variable. */
export function variableOf(name: string): string | undefined {
  return variableName.exec(name)?.[1]?.toLowerCase();
}

/** Whether a name (without prefix) may stand among the variables of a session. */
export function isVariable(name: string): boolean {
  return !steering.has(name);
}

/** The text of a claim's value: texts as they are, numbers and booleans in their JSON form, lists and objects as JSON; `undefined` for null. */
export function variableText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  const text = typeof value === 'string' ? value : jsonText(value);
  if (text.includes('\0')) throw new AccessDenied({ why: 'a session variable holds the NUL character' });
  return text;
}

/** Puts a variable into a map. Throws when both prefixes say different things. */
export function setVariable(variables: Map<string, string>, name: string, text: string): void {
  const other = variables.get(name);
  if (other !== undefined && other !== text) {
    const message = `The session variable ${name} has two different values, as x-foz-${name} and as x-hasura-${name}: send one.`;
    throw new AccessDenied({ message, why: `variable ${name} twice` });
  }
  variables.set(name, text);
}
