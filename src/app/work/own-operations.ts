import type { Session } from '../../access/index.ts';
import { variableOf } from '../../auth/index.ts';
import { roleNamed } from '../../core/index.ts';
import type { FozServer } from '../../serve/index.ts';
import type { StepServices } from '../../workflow/index.ts';

/** Runs operations of steps on the graph of this server, as the role of their workflow. */
export function ownOperations(operate: FozServer['operate']): StepServices['graphql'] {
  return ({ caller, document, variables, operationName = null, role, sessionVariables, signal }) => {
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
    return operate({ session, query: document, variables, operationName, requestId, signal });
  };
}
