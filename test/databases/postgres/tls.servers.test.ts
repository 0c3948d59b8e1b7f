import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connectPostgres, type PostgresOptions } from '../../../src/databases/postgres/index.ts';
import { connect } from '../../support/connect.ts';
import { describeEngines } from '../../support/engines.ts';
import { type Server, startPostgres } from '../../support/servers/index.ts';
import { ask, patient } from './support.ts';

describeEngines(['postgres'], () => {
  let server: Server;
  let folder: string;
  let ca: string;
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });

  /** A certificate for 127.0.0.1, in a folder that the server's user may read. */
  beforeAll(async () => {
    server = await startPostgres();
    folder = mkdtempSync(join(server.folder, 'tls-'));
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      file('key.pem'),
      '-out',
      file('cert.pem'),
    );
    const { uid, gid } = statSync(join(server.folder, 'data'));
    if (process.getuid?.() === 0)
      for (const path of [folder, file('key.pem'), file('cert.pem')]) chownSync(path, uid, gid);
    execFileSync('chmod', ['600', file('key.pem')]);
    ca = readFileSync(file('cert.pem'), 'utf8');
    const admin = await connect('postgres', server.url);
    for (const setting of [
      `ssl_cert_file = '${file('cert.pem')}'`,
      `ssl_key_file = '${file('key.pem')}'`,
      'ssl = on',
    ])
      await admin.execute(`alter system set ${setting}`);
    await admin.execute('select pg_reload_conf()');
    await admin.close();
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const using = async (
    tls: PostgresOptions['tls'],
    body: (connector: ReturnType<typeof connectPostgres>) => Promise<void>,
  ) => {
    const connector = connectPostgres({ connection: server.url, tls });
    await body(connector).finally(() => connector.close());
  };
  const encrypted = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';

  test('connects with the authority it is given, and cancels over TLS', () =>
    using({ ca }, async (connector) => {
      expect(await ask(connector, encrypted)).toEqual([['t']]);
      const slow = ask(connector, 'select pg_sleep(30)', [], { ...patient, timeoutMs: 100 });
      await expect(slow).rejects.toMatchObject({ code: 'timeout' });
      expect(
        await ask(
          connector,
          `select count(*) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid() and state = 'active'`,
        ),
      ).toEqual([['0']]);
    }));

  test('verifies the server once TLS is on', () =>
    using(true, async (connector) => {
      await expect(ask(connector, 'select 1')).rejects.toMatchObject({
        code: 'unavailable',
        internal: expect.stringMatching(/self.signed/i),
      });
    }));

  test('connects unverified where that is asked for', () =>
    using({ rejectUnauthorized: false }, async (connector) => {
      expect(await ask(connector, encrypted)).toEqual([['t']]);
    }));
});
