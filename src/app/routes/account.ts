import type { Logger } from 'pino';
import { buildAccountGraph } from '../../../resolvers/index.ts';
import type { KeyOwner } from '../../control/index.ts';
import type { SessionHandler } from '../../serve/index.ts';
import { actorOf } from '../request-audit.ts';
import { answerGraphql, refusal } from './control-graphql.ts';

/** Characters of the longest operation: this graph is small. */
const longest = 4_000;

/** `/account/graphql`: the caller's own keys and name, for any authenticated caller. */
export async function accountRoute(
  keys: Pick<KeyOwner, 'plane' | 'declaredKeys'>,
  logger: Logger,
): Promise<SessionHandler> {
  const graph = { schema: await buildAccountGraph(), logger };
  return async (session, request, body) => {
    if (body.length > longest)
      return refusal(413, 'limit-exceeded', `An operation has at most ${longest} bytes here.`);
    const holder: KeyOwner = { ...keys, session, actor: actorOf(session) };
    return answerGraphql(graph, request, () => body, holder);
  };
}
