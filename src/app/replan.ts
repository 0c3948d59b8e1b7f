import { type DocumentNode, parse, validate } from 'graphql';
import { FozError, plainMessage } from '../core/index.ts';
import { answerErrors, type EngineAnswer, type RoleEngine } from '../execute/index.ts';
import { type Operation, placesOf } from '../serve/index.ts';
import type { Graphs, SourceRegistry } from '../views/index.ts';

/**
 * Repeats an operation whose plan did not match the schema of a source. The source is introspected again, and the operation is validated
 * and planned for the new schema. If the session's graph has not changed, the first answer is returned. Never rejects.
 */
export async function replan(
  { graphs, registry }: { readonly graphs: Graphs; readonly registry: SourceRegistry },
  operation: Operation,
  engine: RoleEngine,
  first: EngineAnswer,
  given?: DocumentNode,
): Promise<EngineAnswer> {
  const { drifted } = first;
  if (drifted === undefined) return first;
  await withinTime(operation, Promise.all(drifted.map((source) => registry.recheckSchema(source))));
  if (operation.signal.aborted) return first;
  const now = graphs.engine(operation.session);
  const isConflict = first.errors.some(({ code }) => code === 'conflict');
  if (now === engine && !isConflict) return first;
  const document = given ?? parse(operation.query);
  const problems = validate(now.options.schema, document);
  if (problems.length > 0) {
    const places = placesOf(problems, document);
    const errors = problems.map(
      ({ message }, index) =>
        new FozError('validation-failed', plainMessage(message), { path: places[index]! }),
    );
    return answerErrors(errors, 'request', now.options.showInternal);
  }
  // Releases the bytes held by the first attempt.
  operation.held?.returnTo(0);
  return now.execute({ ...operation, session: operation.session.variables, document });
}

/** Resolves when the work is done or the operation's time limit is over. */
async function withinTime({ timeoutMs }: Operation, work: Promise<unknown>): Promise<void> {
  if (timeoutMs === null) return void (await work);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
