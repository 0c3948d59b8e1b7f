import { didYouMean } from '../../catalog/index.ts';
import type { ControlPlane } from '../../control/index.ts';
import { FozError, HeldBytes } from '../../core/index.ts';
import { bindNative, onceWithin, repeatedAfterConflict, runNative } from '../../execute/index.ts';
import type { AttachedSource, SourceRegistry } from '../../views/index.ts';
import type { SqlAnswer, SqlRequest } from '../../workflow/index.ts';

export interface SqlStatementsOptions {
  readonly registry: Pick<SourceRegistry, 'find' | 'sources'>;
  readonly audit: ControlPlane['audit'];
}

/** Runs the statements of steps on the sources that allow it, each in a transaction. Writes are recorded in the audit log. */
export function sqlStatements({ registry, audit }: SqlStatementsOptions) {
  return async (request: SqlRequest): Promise<SqlAnswer> => {
    const { connector, config } = sourceOf(registry, request.source);
    const { mostRows, maxBytes, timeoutMs, signal, once } = request;
    const query = { text: request.statement, params: request.params, mostRows };
    const bound = bindNative(connector, query);
    const mode = request.mode ?? (bound.isWrite ? 'write' : 'read');
    checkAllowed(config, mode);
    if (bound.isWrite && mode === 'read')
      throw new FozError('validation-failed', 'The statement writes, and the "mode" of the step is "read".');
    if (once !== undefined && mode === 'read')
      throw new FozError('validation-failed', '"once" is for statements that write: this one reads.');
    const context = { signal, timeoutMs, held: new HeldBytes(maxBytes) };
    const done = (): Promise<SqlAnswer> =>
      connector.transaction(mode, context, async (runner) => {
        const write = () => runNative(runner, { ...bound, isWrite: mode === 'write' }, mostRows, context);
        if (once === undefined) return write();
        const id = `${once}\n${request.source}`;
        return JSON.parse(
          await onceWithin(connector, runner, context, id, async () => JSON.stringify(await write())),
        );
      });
    if (mode === 'read') return done().catch(explained);
    await audit?.ready();
    return recorded(audit, request, () => repeatedAfterConflict(context, done)).catch(explained);
  };
}

/** The source of a name. Throws FozError `not-found`. */
export function sourceOf(registry: SqlStatementsOptions['registry'], name: string): AttachedSource {
  const found = registry.find(name);
  if (found !== undefined) return found;
  const known = registry.sources.map((source) => source.name);
  throw new FozError('not-found', `There is no source "${name}"${didYouMean(name, known)}.`);
}

export function checkAllowed(
  { name, sql_steps: allowed = 'off' }: AttachedSource['config'],
  mode: 'read' | 'write',
): void {
  if (allowed === 'write' || allowed === mode) return;
  throw new FozError(
    'access-denied',
    `The source "${name}" allows no statement of a step that ${mode === 'read' ? 'reads' : 'writes'}: its setting "sql_steps" is "${allowed}".`,
  );
}

/** Adds what the database says: whoever may write such statements may know it. */
export function explained(error: unknown): never {
  if (!(error instanceof FozError) || error.internal === undefined) throw error;
  const { code, message, details, internal } = error;
  throw new FozError(code, `${message} ${internal}`, { details, internal, cause: error });
}

/** Does a write, and records how it ended. */
async function recorded(
  audit: ControlPlane['audit'],
  { caller, role, source }: SqlRequest,
  write: () => Promise<SqlAnswer>,
): Promise<SqlAnswer> {
  const event = {
    kind: 'mutation',
    ...{ source, after: { action: 'sql' } },
    actor: { kind: 'workflow', id: caller.workflow, role },
    requestId: `${caller.run}/${caller.path}`,
  } as const;
  let answer: SqlAnswer;
  try {
    answer = await write();
  } catch (error) {
    await audit?.append({ ...event, ...endOf(error) });
    throw error;
  }
  await audit?.append({ ...event, affectedRows: answer.affected, outcome: 'success' });
  return answer;
}

/** How a failed write ended. */
export function endOf(error: unknown) {
  const { code = 'unexpected', details } = error instanceof FozError ? error : {};
  return { outcome: details?.outcome === 'unknown' ? 'unknown' : 'failure', reason: code } as const;
}
