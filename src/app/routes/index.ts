import type { ControlContext } from '../../../resolvers/index.ts';
import type { FozConfig } from '../../control/index.ts';
import type { ServerOptions } from '../../serve/index.ts';
import type { Authentication } from '../authentication.ts';

/** The routes of the control API and of `/account`, if a secret or `auth` protects them. Their packages are loaded only then. */
export async function routesOf(
  { server: { admin_secret: secret } = {} }: FozConfig,
  authentication: Authentication,
  control: Omit<ControlContext, 'actor' | 'declaredKeys'>,
  keeping: Pick<ServerOptions, 'audit' | 'logger'>,
): Promise<Pick<ServerOptions, 'routes' | 'sessionRoutes'>> {
  if (secret === undefined && authentication.auth === null) return {};
  const { protectedRoutes } = await import('./protected.ts');
  return protectedRoutes(secret, authentication, control, keeping);
}
