import type { ControlContext } from '../../../resolvers/index.ts';
import type { FozConfig } from '../../control/index.ts';
import type { ServerOptions } from '../../serve/index.ts';
import type { Authentication } from '../authentication.ts';
import { hooksRoute } from './hooks.ts';

/** The route of inbound webhooks, and those of the control API and of `/account`, if a secret or `auth` protects them. Their packages are loaded only then. */
export async function routesOf(
  { server: { admin_secret: secret } = {} }: FozConfig,
  authentication: Authentication,
  control: Omit<ControlContext, 'actor' | 'declaredKeys'>,
  keeping: Pick<ServerOptions, 'audit' | 'logger'>,
): Promise<Pick<ServerOptions, 'routes' | 'sessionRoutes' | 'hooks'>> {
  const hooks =
    control.work === null ? {} : { hooks: hooksRoute(control.work.hooks, authentication.addressOf) };
  if (secret === undefined && authentication.auth === null) return hooks;
  const { protectedRoutes } = await import('./protected.ts');
  return { ...hooks, ...(await protectedRoutes(secret, authentication, control, keeping)) };
}
