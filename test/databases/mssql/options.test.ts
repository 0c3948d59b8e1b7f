import { offersEncryption } from '../../../src/databases/mssql/connector.ts';
import { settingsOf } from '../../../src/databases/mssql/options.ts';

const clientOf = (connection: string, rest = {}) => settingsOf({ connection, ...rest }).client();

describe('options of SQL Server', () => {
  test('the connection is encrypted and its certificate verified, unless it is told otherwise', () => {
    const { options } = clientOf('mssql://u:p@db.example/shop');
    expect([options?.encrypt, options?.trustServerCertificate, options?.port]).toEqual([true, false, 1433]);
    expect(options?.connector).toBeInstanceOf(Function);
    expect(clientOf('mssql://u:p@db/shop?encrypt=false').options?.encrypt).toBe(false);
    expect(clientOf('mssql://u:p@db/shop', { tls: false }).options?.encrypt).toBe(false);
    expect(clientOf('mssql://u:p@db/shop?encrypt=strict').options?.encrypt).toBe('strict');
    // A setting of the source asks for encryption, whatever the URL says.
    expect(clientOf('mssql://u:p@db/shop?encrypt=false', { tls: true }).options?.encrypt).toBe(true);
  });

  test('a password may hold any character', () => {
    const password = `p@:/?#%'"\\ü`;
    const { authentication } = clientOf(`mssql://u:${encodeURIComponent(password)}@db/shop`);
    expect(authentication?.options).toMatchObject({ userName: 'u', password });
  });

  test('a named instance excludes a port, and replicas and fail-over are asked for', () => {
    const { options } = clientOf(
      'mssql://u:p@db/shop?instance=DEV&applicationIntent=ReadOnly&multiSubnetFailover=true',
    );
    expect(options).toMatchObject({ instanceName: 'DEV', readOnlyIntent: true, multiSubnetFailover: true });
    expect(options).not.toHaveProperty('port');
    // The guard of the password, which a named instance needs too.
    expect(options?.connector).toBeInstanceOf(Function);
  });

  test('log-ins of Entra', () => {
    expect(
      clientOf(
        'mssql://app:secret@db/shop?authentication=azure-active-directory-service-principal-secret&tenantId=t',
      ).authentication,
    ).toEqual({
      type: 'azure-active-directory-service-principal-secret',
      options: { clientId: 'app', clientSecret: 'secret', tenantId: 't' },
    });
    expect(
      clientOf('mssql://db/shop?authentication=azure-active-directory-default&clientId=c').authentication,
    ).toEqual({ type: 'azure-active-directory-default', options: { clientId: 'c' } });
  });

  test.each([
    ['mysql://u:p@db/shop', 'mssql://'],
    ['mssql://u:p@db/shop?sslmode=require', 'sslmode'],
    ['mssql://u:p@db/shop?encrypt=maybe', 'encrypt'],
    ['mssql://u:p@db/shop?constructor=1', 'constructor'],
  ])('%s is refused', (connection, named) => {
    expect(() => clientOf(connection)).toThrow(named);
  });

  test('a certificate is not verified without its name', () => {
    expect(() => clientOf('mssql://u:p@db/shop', { tls: { checkServerIdentity: () => undefined } })).toThrow(
      'verify-full',
    );
  });
});

/** A PRELOGIN message with a version and an answer about encryption. */
function prelogin(encryption: number | null): Buffer {
  const options =
    encryption === null
      ? [0x00, 0x00, 0x06, 0x00, 0x06, 0xff]
      : [0x00, 0x00, 0x0b, 0x00, 0x06, 0x01, 0x00, 0x11, 0x00, 0x01, 0xff];
  const data = [0x10, 0x00, 0x03, 0xe8, 0x00, 0x00, ...(encryption === null ? [] : [encryption])];
  return Buffer.from([0x04, 0x01, 0x00, 0x2b, 0x00, 0x00, 0x01, 0x00, ...options, ...data]);
}

test.each([
  ['ENCRYPT_OFF', 0, false],
  ['ENCRYPT_ON', 1, true],
  ['ENCRYPT_NOT_SUP', 2, false],
  ['ENCRYPT_REQ', 3, true],
  ['nothing', null, false],
])('a server that answers %s: encrypted %s', (_, encryption, expected) => {
  expect(offersEncryption(prelogin(encryption))).toBe(expected);
});

test.each([0, 1, 7, 8, 9, 12, 20])('a message cut after %d bytes offers nothing', (length) => {
  expect(offersEncryption(prelogin(1).subarray(0, length))).toBe(false);
});
