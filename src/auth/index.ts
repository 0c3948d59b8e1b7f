export { type ClientAddress, clientAddress, countedAddress } from './address.ts';
export { type AdminSecret, mintAdminSecret, sha256Of } from './admin-secret.ts';
export { declaredKeys } from './api-keys/declared.ts';
export { type DeclaredKey, DeclaredKeys } from './api-keys/declared-keys.ts';
export { hashKey, keyPrefix, type MintedKey, mintKey, plainHash } from './api-keys/format.ts';
export type { KeyRecord, KeyRepository, KeySecret, KeyUse } from './api-keys/record.ts';
export type { Authenticator } from './authenticator.ts';
export { checkAuth } from './check-config.ts';
export type { AuthProblem } from './check-parts.ts';
export type { AuthConfig, DeclaredKeyConfig, IssuerConfig, WebhookConfig } from './config.ts';
export { cookieOf, refuseForeignPage } from './cookie.ts';
export { type Auth, type AuthOptions, adminSecretsIn, createAuth, type SignIns } from './create.ts';
export { AccessDenied } from './denied.ts';
export type { Identify } from './identify.ts';
export { isOwnOrigin } from './origin.ts';
export { type AuthRequest, httpRequest, websocketRequest } from './request.ts';
export { allowsOperation, allowsTable, type ScopedTable, type ScopesConfig, scopesOf } from './scopes.ts';
export type { SessionEnd } from './session-end.ts';
export { cookieName, mintSession, sessionCookie, sessionHash, setCookie } from './sessions/cookie.ts';
export type { SessionRecord, SessionRepository, SessionUse } from './sessions/record.ts';
export { BackOff } from './sso/back-off.ts';
export type { ProviderConfig, SignInConfig } from './sso/config.ts';
export { type ProviderSecrets, providerSecrets } from './sso/config.ts';
export type {
  EndedSessions,
  Identified,
  ProviderAnswer,
  SignInProtocol,
} from './sso/contract.ts';
export { emailDomain, type Mapped, mapped } from './sso/mapping.ts';
export { type Provider, Providers } from './sso/providers.ts';
export { type RefusalReason, refusals, SignInRefused } from './sso/refused.ts';
export { returnUrl } from './sso/return-to.ts';
export { Sealer } from './sso/sealer.ts';
export { serverUrl } from './sso/server-url.ts';
export { Throttle } from './sso/throttle.ts';
export { variableOf } from './variables.ts';
