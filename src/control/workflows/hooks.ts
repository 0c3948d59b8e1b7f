import { FozError } from '../../core/index.ts';
import type { HookCallFilter, StoredHookCall } from '../../store/index.ts';
import type { Graphs } from '../../views/index.ts';
import { type HookDefinition, pathOfHook } from '../../workflow/index.ts';
import { audited } from '../audited.ts';
import { requirePlane } from '../plane.ts';
import { hookIssues } from './hook-issues.ts';
import { mostRuns, type RunControl, requireWork } from './runs.ts';

export interface HookDescription {
  readonly name: string;
  readonly description: string | null;
  readonly enabled: boolean;
  /** `/hooks/payments` */
  readonly path: string;
  /** The workflow that a call starts; `null`: it gives a signal. */
  readonly workflow: string | null;
  readonly signal: string | null;
  readonly faults: readonly string[];
  readonly definition: unknown;
}

/** The inbound webhooks of metadata, also faulty ones. */
export function describeHooks({ metadata, variables }: Graphs): HookDescription[] {
  const issues = hookIssues(metadata, variables);
  return (metadata.hooks ?? []).map((entry, index) => ({
    name: entry.name,
    description: typeof entry.description === 'string' ? entry.description : null,
    enabled: entry.enabled !== false,
    path: `/hooks/${pathOfHook(entry as unknown as HookDefinition)}`,
    workflow: typeof entry.workflow === 'string' ? entry.workflow : null,
    signal: signalOf(entry),
    faults: issues.filter(({ path }) => path?.[1] === index).map(({ reason }) => reason),
    definition: entry,
  }));
}

export interface HookCallPage {
  readonly entries: readonly StoredHookCall[];
  /** Where the next page starts; `null`: this was the last one. */
  readonly next: number | null;
}

function signalOf({ signal }: Readonly<Record<string, unknown>>): string | null {
  const name = typeof signal === 'object' && signal !== null && 'name' in signal ? signal.name : null;
  return typeof name === 'string' ? name : null;
}

/** A page of the log of calls, the newest first. */
export async function listedCalls(
  control: Pick<RunControl, 'plane' | 'work'>,
  filter: HookCallFilter,
): Promise<HookCallPage> {
  const { calls } = requireWork(control);
  if (!(filter.limit >= 1 && filter.limit <= mostRuns))
    throw new FozError('validation-failed', `"limit" must be from 1 to ${mostRuns}.`);
  const found = await calls.list({ ...filter, limit: filter.limit + 1 });
  const entries = found.slice(0, filter.limit);
  return { entries, next: found.length > filter.limit ? entries.at(-1)!.seq : null };
}

/** Repeats the effect of a call of the log. Resolves with the id of the run, or of the signal. */
export function replayCall(control: RunControl, call: string): Promise<string> {
  const { hooks } = requireWork(control);
  return audited(control, 'hook.replay', { call }, () => hooks.replay(call));
}

/** Stores a secret that webhooks refer to by its name. Other processes use it within seconds. */
export async function putHookSecret(control: RunControl, name: string, value: string): Promise<void> {
  const plane = requirePlane(control.plane, 'to keep secrets in');
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(name))
    throw new FozError('validation-failed', 'The name of a secret has letters, digits and _.');
  if (value === '') throw new FozError('validation-failed', 'The secret is empty.');
  await audited(control, 'hook-secret.put', { name }, () => plane.secrets.put(`hook/${name}`, value));
}

/** Removes a secret. Calls of webhooks that refer to it are refused from then on. */
export async function dropHookSecret(control: RunControl, name: string): Promise<void> {
  const plane = requirePlane(control.plane, 'to keep secrets in');
  await audited(control, 'hook-secret.drop', { name }, () => plane.secrets.remove(`hook/${name}`));
}
