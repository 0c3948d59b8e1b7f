import type { ControlContext } from '../../../resolvers/index.ts';
import type { ServerOptions } from '../../serve/index.ts';
import type { Authentication } from '../authentication.ts';
import { accountRoute } from './account.ts';
import { auditRoute } from './audit.ts';
import { controlRoute, identifyBySecret } from './control.ts';
import { signInRoutes } from './sign-in/index.ts';

/** The routes of the control API and of `/account`. `secret`: protects the control API where there is no `auth`. */
export async function protectedRoutes(
  secret: string | undefined,
  authentication: Authentication,
  control: Omit<ControlContext, 'actor' | 'declaredKeys'>,
  keeping: Pick<ServerOptions, 'audit' | 'logger'>,
): Promise<Pick<ServerOptions, 'routes' | 'sessionRoutes'>> {
  const { plane } = control;
  const { auth, addressOf } = authentication;
  const identify = auth === null ? identifyBySecret(secret!) : authentication.identify;
  const declaredKeys = () => auth?.declaredKeys() ?? [];
  const admission = { identify, addressOf, ...keeping };
  const routes = new Map([
    ['/control/graphql', await controlRoute(admission, { ...control, declaredKeys })],
    ['/control/audit.jsonl', auditRoute(admission, plane)],
  ]);
  if (auth === null || plane === null) return { routes };
  const signIn = signInRoutes({ authentication, plane }, keeping);
  return {
    routes: { get: (path) => routes.get(path) ?? signIn(path) },
    sessionRoutes: new Map([
      ['/account/graphql', await accountRoute({ plane, declaredKeys }, keeping.logger)],
    ]),
  };
}
