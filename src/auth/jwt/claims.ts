import type { JWTPayload } from 'jose';
import { parseJson, parseRoleName, type RoleName } from '../../core/index.ts';
import { follow, type JsonPath, parseJsonPath } from '../json-path.ts';
import { isVariable, setVariable, variableOf, variableText } from '../variables.ts';
import { tokenDenied } from './unverified-token.ts';

/** Where roles and variables stand in a token. */
export interface ClaimsOptions {
  /** Name of the claim that contains them; default: Foz's own, then Hasura's. */
  readonly namespace?: string;
  /** Path of that claim, where it is nested. */
  readonly namespacePath?: string;
  /** The source of each variable: a fixed text, or a path and a default. */
  readonly map?: Readonly<Record<string, ClaimSource>>;
}

export type ClaimSource = unknown | { readonly path: string; readonly default?: unknown };

/** Roles and variables of a token. */
export interface TokenClaims {
  readonly roles: readonly RoleName[];
  readonly defaultRole: RoleName | null;
  readonly variables: ReadonlyMap<string, string>;
}

/** Default names of the claim with roles and variables. */
const namespaces = ['https://foz.dev/claims', 'https://hasura.io/jwt/claims'];
/** Most variables, and the longest text of one. */
const limits = { variables: 100, text: 16 * 1024 };

/** Creates the reader of a verified payload. The reader throws `access-denied` when roles are missing or a value has the wrong type. */
export function claimsReader(options: ClaimsOptions): (payload: JWTPayload) => TokenClaims {
  const { map } = options;
  if (map !== undefined) {
    const sources = Object.entries(map).map(([name, source]) => [name, sourceOf(source)] as const);
    return (payload) =>
      readClaims(
        sources.map(([name, read]) => [name, read(payload)]),
        true,
      );
  }
  const find = namespaceOf(options);
  return (payload) => readClaims(Object.entries(objectOf(find(payload))), false);
}

function namespaceOf({ namespace, namespacePath }: ClaimsOptions): (payload: JWTPayload) => unknown {
  if (namespacePath !== undefined) {
    const path = pathOf(namespacePath);
    return (payload) => follow(payload, path);
  }
  const names = namespace === undefined ? namespaces : [namespace];
  return (payload) => {
    const name = names.find((one) => Object.hasOwn(payload, one));
    return name === undefined ? undefined : payload[name];
  };
}

function sourceOf(source: ClaimSource): (payload: JWTPayload) => unknown {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return () => source;
  const { path, default: fallback } = source as { readonly path: string; readonly default?: unknown };
  const steps = pathOf(path);
  return (payload) => follow(payload, steps) ?? fallback;
}

function pathOf(text: string): JsonPath {
  const path = parseJsonPath(text);
  if (path === undefined) throw new TypeError(`"${text}" is no JSON path.`);
  return path;
}

/** The claims may be an object, or the JSON text of one. */
function objectOf(value: unknown): object {
  const parsed = typeof value === 'string' ? claimsIn(value) : value;
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw tokenDenied('no claims of this server in it');
  return parsed;
}

function claimsIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw tokenDenied('claims are no JSON');
  }
}

/** `lenient`: a single text is a list of one role. */
function readClaims(entries: readonly (readonly [string, unknown])[], lenient: boolean): TokenClaims {
  const variables = new Map<string, string>();
  let roles: readonly RoleName[] | undefined;
  let defaultRole: RoleName | undefined;
  for (const [claim, value] of entries) {
    const name = variableOf(claim);
    if (name === undefined || value === undefined || value === null) continue;
    if (name === 'allowed-roles') {
      if (roles !== undefined) throw tokenDenied('allowed-roles twice');
      roles = rolesOf(lenient && typeof value === 'string' ? [value] : value);
    } else if (name === 'default-role') {
      if (defaultRole !== undefined) throw tokenDenied('default-role twice');
      defaultRole = roleOf(value);
    } else if (isVariable(name)) setVariable(variables, name, textOf(value));
    if (variables.size > limits.variables) throw tokenDenied('too many variables');
  }
  if (roles === undefined && defaultRole === undefined) throw tokenDenied('no roles in it');
  const allowed = roles ?? [defaultRole!];
  if (defaultRole !== undefined && !allowed.includes(defaultRole))
    throw tokenDenied('default-role is not among allowed-roles');
  return {
    roles: allowed,
    defaultRole: defaultRole ?? (allowed.length === 1 ? allowed[0]! : null),
    variables,
  };
}

function rolesOf(value: unknown): readonly RoleName[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 1000)
    throw tokenDenied('allowed-roles is no list');
  return [...new Set(value.map(roleOf))];
}

function roleOf(value: unknown): RoleName {
  const role = parseRoleName(value);
  if (role === undefined) throw tokenDenied('a role has no name');
  return role;
}

function textOf(value: unknown): string {
  const text = variableText(value) ?? '';
  if (text.length > limits.text) throw tokenDenied('a variable is too long');
  return text;
}
