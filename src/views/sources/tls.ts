import type { ConnectionOptions } from 'node:tls';
import type { SourceConfig } from '../config.ts';

/**
 * TLS to a database, in the words of libpq's sslmode: `require` encrypts only, `verify-ca` checks the certificate's authority,
 * `verify-full` (what one should want) its host name too. `undefined`: no TLS.
 */
export function tlsOf(source: SourceConfig): ConnectionOptions | undefined {
  const { tls } = source;
  if (tls === undefined || tls.mode === 'disable') return undefined;
  return {
    rejectUnauthorized: tls.mode !== 'require',
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  };
}
