import type { LimitsConfig } from '../../../access/index.ts';
import type { ServerConfig } from '../../config/config.ts';
import { type Findings, isEmpty } from './findings.ts';
import { type Entry, isEntry } from './read-tree.ts';

type Limits = NonNullable<ServerConfig['limits']>;
type Read = (value: unknown) => LimitsConfig | undefined;

const count = (key: 'depth' | 'nodes' | 'batch'): Read => {
  return (value) => (isCount(value) ? { [key]: value } : undefined);
};

/** Hasura's limits, and their conversion. */
const kinds: Readonly<Record<string, Read>> = {
  depth_limit: count('depth'),
  node_limit: count('nodes'),
  batch_limit: count('batch'),
  time_limit: (value) => (isCount(value) ? { time_ms: value * 1000 } : undefined),
  rate_limit: (value) =>
    isEntry(value) && isCount(value.max_reqs_per_min)
      ? { rate: { requests: value.max_reqs_per_min, seconds: 60 } }
      : undefined,
};

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

/** Converts `api_limits`, general and by role; `undefined`: there are none, or they are disabled. */
export function limitsFrom(given: unknown, findings: Findings): Limits | undefined {
  if (!isEntry(given)) return undefined;
  if (given.disabled === true) {
    findings.add(given, 'disabled', 'api_limits', 'left out: they are switched off');
    return undefined;
  }
  findings.addRest(given, [...Object.keys(kinds), 'disabled'], 'api_limits');
  const everybody: LimitsConfig[] = [];
  const roles: Record<string, LimitsConfig> = {};
  for (const [key, read] of Object.entries(kinds)) {
    const limit = given[key];
    if (!isEntry(limit)) continue;
    const take = (of: Entry, name: string, where: string): LimitsConfig => {
      const found = read(of[name]);
      if (found === undefined && !isEmpty(of[name]))
        findings.add(of, name, `api_limits: ${where}`, 'this is no limit that Foz knows');
      reportCallers(of[name], where, findings);
      return found ?? {};
    };
    everybody.push(take(limit, 'global', key));
    for (const role of Object.keys(isEntry(limit.per_role) ? limit.per_role : {}))
      roles[role] = { ...roles[role], ...take(limit.per_role as Entry, role, `${key} of role ${role}`) };
  }
  const limits: Limits = Object.assign({}, ...everybody, Object.keys(roles).length === 0 ? {} : { roles });
  return Object.keys(limits).length === 0 ? undefined : limits;
}

function reportCallers(value: unknown, where: string, findings: Findings): void {
  if (isEntry(value) && !isEmpty(value.unique_params))
    findings.add(
      value,
      'unique_params',
      `api_limits: ${where}`,
      'callers are told apart by their key or token, else by their address',
    );
}
