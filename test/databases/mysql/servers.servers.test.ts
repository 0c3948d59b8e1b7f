import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MysqlOptions } from '../../../src/databases/mysql/index.ts';
import type { Connector } from '../../../src/plan/index.ts';
import { connect } from '../../support/connect.ts';
import { describeEngines } from '../../support/engines.ts';
import { type Server, startMariadb, startMysql } from '../../support/servers/index.ts';
import { both, connectTo, patient } from './support.ts';

/** Tests that need a server of their own, because of its certificates, its crashes or its few connections. */
describeEngines(both, (engine) => {
  let server: Server;
  let folder: string;
  let ca: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'foz-tls-'));
    const file = (name: string) => join(folder, name);
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['-keyout', file('key.pem'), '-out', file('cert.pem')];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...made],
      { stdio: 'pipe' },
    );
    chmodSync(folder, 0o755);
    chmodSync(file('key.pem'), 0o644);
    ca = readFileSync(file('cert.pem'), 'utf8');
    const settings = {
      'ssl-ca': file('cert.pem'),
      'ssl-cert': file('cert.pem'),
      'ssl-key': file('key.pem'),
      'max-connections': '12',
    };
    server = await (engine === 'mysql' ? startMysql({ settings }) : startMariadb({ settings }));
    const admin = await connect(engine, server.url);
    await admin.execute(
      'create database d; create table d.t (id int primary key); insert into d.t values (1)',
    );
    await admin.close();
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function using<T>(
    options: Omit<MysqlOptions, 'connection'> & { readonly query?: string },
    body: (connector: Connector) => Promise<T>,
  ): Promise<T> {
    const { query = '', ...rest } = options;
    const connector = connectTo(engine, { ...rest, connection: `${server.url}d${query}` });
    return body(connector).finally(() => connector.close());
  }
  const run = (connector: Connector, text: string) => connector.run({ text, slots: [] }, [], patient);
  const cipher = async (connector: Connector) =>
    String((await run(connector, "show session status like 'Ssl_cipher'")).rows[0]![1]);

  test('TLS with a certificate of a known authority, for the address that was asked', async () => {
    expect(await using({ tls: { ca } }, cipher)).toMatch(/TLS|AES|CHACHA/);
  });
  test('TLS that only encrypts', async () => {
    expect(await using({ tls: { rejectUnauthorized: false } }, cipher)).toMatch(/TLS|AES|CHACHA/);
    expect(await using({ query: '?ssl-mode=REQUIRED' }, cipher)).toMatch(/TLS|AES|CHACHA/);
  });
  test('no TLS unless asked', async () => {
    expect(await using({}, cipher)).toBe('');
    expect(await using({ query: '?ssl-mode=DISABLED' }, cipher)).toBe('');
  });
  test('a certificate of an unknown authority, or for another host, is refused', async () => {
    await expect(using({ tls: true }, cipher)).rejects.toMatchObject({
      name: 'FozError',
      code: 'unavailable',
    });
    const local = server.url.replace('127.0.0.1', 'localhost');
    const connector = connectTo(engine, { connection: local, tls: { ca } });
    await expect(cipher(connector)).rejects.toMatchObject({ code: 'unavailable' });
    await connector.close();
    const anyName = connectTo(engine, {
      connection: local,
      tls: { ca, checkServerIdentity: () => undefined },
    });
    expect(await cipher(anyName)).toMatch(/TLS|AES|CHACHA/);
    await anyName.close();
  });
  test('a statement is killed over TLS too', async () => {
    await using({ tls: { ca } }, async (connector) => {
      const limited = { signal: new AbortController().signal, timeoutMs: 60 };
      const slow = connector.run({ text: 'select sleep(20)', slots: [] }, [], limited);
      const started = performance.now();
      await expect(slow).rejects.toMatchObject({ code: 'timeout' });
      expect(performance.now() - started).toBeLessThan(3000);
    });
  });

  test('a server with fewer connections than the pool may have', async () => {
    await using({ poolSize: 40 }, async (connector) => {
      const results = await Promise.allSettled(
        Array.from({ length: 40 }, () => run(connector, 'select sleep(0.05)')),
      );
      // The pool keeps working with the connections that it could open.
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(40);
      expect(connector.pool().size).toBeLessThan(14);
    });
  });

  test('a server that crashes is unavailable, and used again when it is back', async () => {
    await using({}, async (connector) => {
      await run(connector, 'select id from t');
      const open = run(connector, 'select sleep(20)').catch((error: { code: string }) => error.code);
      const writing = connector
        .transaction('write', patient, async (runner) => {
          await runner.run({ text: 'insert into t values (2)', slots: [] }, [], patient);
          await server.kill9();
          await runner.run({ text: 'insert into t values (3)', slots: [] }, [], patient);
        })
        .catch((error: { code: string }) => error.code);
      expect(await open).toBe('unavailable');
      expect(await writing).toBe('unavailable');
      await expect(run(connector, 'select id from t')).rejects.toMatchObject({ code: 'unavailable' });
      await server.restart();
      expect((await run(connector, 'select id from t')).rows).toEqual([[1]]);
    });
  }, 60_000);
});
