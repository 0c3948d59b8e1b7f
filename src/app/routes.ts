import type { ControlContext } from '../../resolvers/index.ts';
import type { FozConfig } from '../control/index.ts';
import type { ServerOptions } from '../serve/index.ts';
import type { Authentication } from './authentication.ts';

/** The control API, where a secret opens it, and what people may do about what is theirs. Its packages are loaded only then. */
export async function routesOf(
  { server: { admin_secret: secret } = {} }: FozConfig,
  authentication: Authentication,
  control: Omit<ControlContext, 'actor' | 'declaredKeys'>,
  keeping: Pick<ServerOptions, 'accounts' | 'logger'>,
): Promise<Pick<ServerOptions, 'routes' | 'sessionRoutes'>> {
  if (secret === undefined && authentication.auth === null) return {};
  const { controlRoutes } = await import('./routes/index.ts');
  return controlRoutes(secret, authentication, control, keeping);
}
