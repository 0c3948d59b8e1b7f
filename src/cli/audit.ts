import { existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import {
  exportStoredAudit,
  type PrunedAudit,
  pruneStoredAudit,
  verifyStoredAudit,
} from '../control/index.ts';
import { counted, FozError } from '../core/index.ts';
import { type AuditKind, type AuditReport, auditFilters, auditKinds } from '../store/index.ts';
import { type EndpointOptions, runningFoz } from './endpoint.ts';
import { momentOf } from './moment.ts';
import { configuredStore } from './store.ts';

const verified = '{ verifyAudit { ok records first last hash problems { kind seq message } } }';

const pruned = 'mutation ($days: Int!) { pruneAudit(days: $days) { removed through before } }';

interface Options extends EndpointOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** Throws FozError where the file to compare the log with would silently be ignored. */
function refuseCheckpoint(file: string, isThere: boolean): void {
  if (isThere)
    throw new FozError(
      'not-supported',
      '--checkpoint cannot stand beside --endpoint, since the server compares with the checkpoint of its own: ask where the store can be opened.',
    );
  if (!existsSync(file))
    throw new FozError('not-found', `There is no checkpoint in ${file}: name the copy that was kept.`);
}

/** `foz audit verify`: checks whether the audit log is unchanged; exit code 1 when it is not. */
export async function verifyAuditLog(options: Options & { readonly checkpoint?: string }): Promise<void> {
  const foz = runningFoz(options);
  if (options.checkpoint !== undefined) refuseCheckpoint(options.checkpoint, foz !== null);
  const report =
    foz === null
      ? await verifyStoredAudit(configuredStore(options), process.env, options.checkpoint)
      : (await foz.query<{ verifyAudit: AuditReport }>(verified)).verifyAudit;
  if (options.json === true) console.log(JSON.stringify(report, null, 2));
  else {
    for (const { kind, message } of report.problems) console.log(`${kind}: ${message}`);
    console.log(verdictOf(report));
  }
  if (!report.ok) process.exitCode = 1;
}

function verdictOf({ ok, records, first, last, hash, problems }: AuditReport): string {
  const range = `${counted(records, 'record')}${first === null ? '' : ` (${first} to ${last})`}`;
  if (ok) return `${range}, all as ${records === 1 ? 'it was' : 'they were'} written. Last hash: ${hash}`;
  if (problems.every(({ kind }) => kind === 'checkpoint'))
    return `${range}, each as it was written, but WHETHER RECORDS ARE MISSING AT THE END CANNOT BE TOLD without a checkpoint of this store.`;
  return `THE AUDIT LOG WAS TAMPERED WITH: ${counted(problems.length, 'problem')} in ${range}.`;
}

/** `foz audit export`: prints the audit log as JSON Lines. */
export async function exportAuditLog(
  options: Options &
    Partial<Record<keyof typeof auditFilters, string>> & {
      readonly since?: string;
      readonly until?: string;
      readonly kind?: string[];
    },
): Promise<void> {
  const { since, until, kind } = options;
  const names = Object.keys(auditFilters) as (keyof typeof auditFilters)[];
  const given = names.flatMap((name) =>
    options[name] === undefined ? [] : [[name, options[name]] as const],
  );
  const foz = runningFoz(options);
  if (foz !== null) {
    const parameters = new URLSearchParams(Object.fromEntries(given));
    if (since !== undefined) parameters.set('since', since);
    if (until !== undefined) parameters.set('until', until);
    for (const one of kind ?? []) parameters.append('kind', one);
    return pipeline(await foz.get('control/audit.jsonl', parameters), process.stdout, { end: false });
  }
  const filter = {
    ...(since === undefined ? {} : { from: momentOf('--since', since) }),
    ...(until === undefined ? {} : { before: momentOf('--until', until) }),
    ...(kind === undefined ? {} : { kinds: kind.map(kindOf) }),
    ...Object.fromEntries(given.map(([name, value]) => [auditFilters[name], value])),
  };
  return exportStoredAudit(configuredStore(options), process.env, filter, process.stdout);
}

/** `foz audit prune`: removes records older than a number of days. */
export async function pruneAuditLog(options: Options & { readonly days: string }): Promise<void> {
  if (!/^\d{1,6}$/.test(options.days))
    throw new FozError('validation-failed', '--days must be a whole number of days, at least 1.');
  const days = Number(options.days);
  const foz = runningFoz(options);
  const { removed, through, before } =
    foz === null
      ? await pruneStoredAudit(configuredStore(options), process.env, days)
      : (await foz.query<{ pruneAudit: PrunedAudit }>(pruned, { days })).pruneAudit;
  const rest = through === null ? '' : ` The log now begins after record ${through}.`;
  console.log(
    `${counted(removed, 'record')} from before ${new Date(before).toISOString()} ${removed === 1 ? 'is' : 'are'} removed.${rest}`,
  );
}

function kindOf(text: string): AuditKind {
  const kind = auditKinds.find((known) => known === text);
  if (kind !== undefined) return kind;
  throw new FozError('validation-failed', `--kind must be one of ${auditKinds.join(', ')}.`);
}
