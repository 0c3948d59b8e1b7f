import type { Session } from '../../access/index.ts';
import { variableOf } from '../../auth/index.ts';
import { roleNamed } from '../../core/index.ts';
import type { OpenTransaction } from '../../execute/index.ts';
import type { FozServer } from '../../serve/index.ts';
import type { GraphqlAnswer, GraphqlRequest } from '../../workflow/index.ts';

/** Runs an operation of a step; `within`: as a part of a transaction. */
export type OwnOperations = (request: GraphqlRequest, within?: OpenTransaction) => Promise<GraphqlAnswer>;

/** Runs operations of steps on the graph of this server, as the role of their workflow. */
export function ownOperations(operate: FozServer['operate']): OwnOperations {
  return (request, within) => {
    const {
      caller,
      document,
      variables,
      operationName = null,
      role,
      sessionVariables,
      signal,
      once,
    } = request;
    const session: Session = {
      role: roleNamed(role),
      variables: new Map(
        Object.entries(sessionVariables).map(([name, value]) => [
          variableOf(name) ?? name.toLowerCase(),
          value,
        ]),
      ),
      actor: { kind: 'workflow', id: caller.workflow },
      backend: true,
    };
    const requestId = `${caller.run}/${caller.path}`;
    const writes = {
      caller: caller.run,
      ...(once !== undefined && { once }),
      ...(within !== undefined && { within }),
    };
    return operate({ session, query: document, variables, operationName, requestId, signal, writes });
  };
}
