import { FozError, HeldBytes } from '../../core/index.ts';
import {
  bindNative,
  type OpenTransaction as Opened,
  onceWithin,
  repeatedAfterConflict,
  runNative,
  type Written,
} from '../../execute/index.ts';
import type { GraphqlAnswer, OpenTransaction, TransactionRequest } from '../../workflow/index.ts';
import type { OwnOperations } from './own-operations.ts';
import { checkAllowed, endOf, explained, type SqlStatementsOptions, sourceOf } from './sql-statements.ts';

/** A write of a transaction, for the audit log. */
type Noted = Pick<Written, 'affected'> & { readonly table: string | null; readonly action: string };

/** Does writes of one source together. They are recorded in the audit log once they are committed. */
export function transactions({ registry, audit }: SqlStatementsOptions, graphql: OwnOperations) {
  return async <T>(request: TransactionRequest, body: (open: OpenTransaction) => Promise<T>): Promise<T> => {
    const { connector, config, name } = sourceOf(registry, request.source);
    const { maxBytes, timeoutMs, signal, once } = request;
    const context = { signal, timeoutMs, held: new HeldBytes(maxBytes) };
    let noted: Noted[] = [];
    const attempt = () =>
      connector.transaction('write', context, async (runner) => {
        noted = [];
        const opened: Opened = { source: name, runner, written: [] };
        const open: OpenTransaction = {
          graphql: async (operation) => {
            const answer = await graphql(operation, opened);
            throwConflict(answer);
            for (const { table, kind, affected } of opened.written.splice(0))
              noted.push({ table, affected, action: kind });
            return answer;
          },
          sql: async ({ statement, params, mostRows }) => {
            checkAllowed(config, 'write');
            const bound = bindNative(connector, { text: statement, params });
            const answer = await runNative(runner, bound, mostRows, context).catch(explained);
            if (bound.isWrite) noted.push({ table: null, affected: answer.affected, action: 'sql' });
            return answer;
          },
        };
        const write = async () => JSON.stringify((await body(open)) ?? null);
        return once === undefined
          ? write()
          : onceWithin(connector, runner, context, `${once}\n${name}`, write);
      });
    await audit?.ready();
    const event = {
      kind: 'mutation',
      source: name,
      actor: { kind: 'workflow', id: request.caller.workflow, role: request.role },
      requestId: `${request.caller.run}/${request.caller.path}`,
    } as const;
    let text: string;
    try {
      text = await repeatedAfterConflict(context, attempt);
    } catch (error) {
      await audit?.append({ ...event, after: { action: 'transaction' }, ...endOf(error) });
      throw error;
    }
    await Promise.all(
      noted.map(({ table, affected, action }) =>
        audit?.append({ ...event, table, affectedRows: affected, after: { action }, outcome: 'success' }),
      ),
    );
    return JSON.parse(text) as T;
  };
}

/** A deadlock has ended the transaction as a whole, so it is done again as a whole. */
function throwConflict({ errors = [] }: GraphqlAnswer): void {
  const found = errors.find(({ extensions }) => extensions?.code === 'conflict');
  if (found === undefined || (found.extensions as { readonly reason?: unknown }).reason === 'if_match')
    return;
  throw new FozError('conflict', found.message);
}
