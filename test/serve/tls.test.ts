import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import type { FozServer } from '../../src/serve/index.ts';
import { MemoryEngine, serve } from './engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-listener-'));
const inFolder = (name: string) => join(folder, name);
let server: FozServer | undefined;
let lines: { msg: string }[] = [];

beforeEach(() => {
  lines = [];
});
afterEach(async () => {
  await server?.close(0);
  server = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Creates a key and a certificate for 127.0.0.1 with this subject. */
function issue(name: string): { readonly cert: string; readonly key: string } {
  const [cert, key] = [inFolder(`${name}.cert.pem`), inFolder(`${name}.key.pem`)];
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
    ],
    { stdio: 'pipe' },
  );
  return { cert, key };
}

async function listen(tls: { readonly cert: string; readonly key: string }): Promise<FozServer> {
  const write = (line: string) => void lines.push(JSON.parse(line) as { msg: string });
  server = await serve(new MemoryEngine(), {}, { tls, logger: pino({ level: 'info' }, { write }) });
  return server;
}

/** Connects and returns the subject of the server's certificate. */
function subject(): Promise<string> {
  const { port } = new URL(server!.url);
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(
      { host: '127.0.0.1', port: Number(port), rejectUnauthorized: false },
      () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}

/** Waits until new connections get the certificate with this subject. */
async function until(name: string): Promise<void> {
  for (const latest = Date.now() + 8000; Date.now() < latest; ) {
    if ((await subject()) === name) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`still ${await subject()}`);
}
const countOf = (text: string) => lines.filter(({ msg }) => msg.startsWith(text)).length;

/** POSTs over TLS. Rejects unless the server has this certificate. */
function post(ca: string, body: unknown): Promise<{ status: number | undefined; text: string }> {
  const { port } = new URL(server!.url);
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{ host: '127.0.0.1', port, path: '/graphql', method: 'POST', ca },
        headers: { 'content-type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, text }));
      },
    );
    asked.on('error', reject);
    asked.end(JSON.stringify(body));
  });
}

test('answers over TLS to clients that verify the certificate', async () => {
  const tls = issue('first');
  const { url } = await listen(tls);
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/$/);
  expect(await post(readFileSync(tls.cert, 'utf8'), { query: '{ hello }' })).toEqual({
    status: 200,
    text: '{"data":{"hello":"hello world"}}',
  });
  await expect(post(readFileSync(issue('other').cert, 'utf8'), { query: '{ hello }' })).rejects.toThrow(
    /self-signed certificate|unable to verify/,
  );
});

test('new connections are shown a certificate that was renewed, running requests go on', async () => {
  const tls = issue('old');
  await listen(tls);
  const running = post(readFileSync(tls.cert, 'utf8'), { query: '{ slow(ms: 4000) }' });
  const renewed = issue('renewed');
  renameSync(renewed.key, tls.key);
  renameSync(renewed.cert, tls.cert);
  await until('renewed');
  expect(await running).toEqual({ status: 200, text: '{"data":{"slow":"done"}}' });
}, 20_000);

test('files behind symbolic links are followed when the links change', async () => {
  const [one, two] = [issue('linked'), issue('relinked')];
  const links = { cert: inFolder('cert.link'), key: inFolder('key.link') };
  symlinkSync(one.cert, links.cert);
  symlinkSync(one.key, links.key);
  await listen(links);
  expect(await subject()).toBe('linked');
  for (const part of ['key', 'cert'] as const) {
    symlinkSync(two[part], inFolder(`${part}.next`));
    renameSync(inFolder(`${part}.next`), links[part]);
  }
  await until('relinked');
}, 20_000);

test('a file that is half-written, or does not fit the other, leaves the old certificate in use', async () => {
  const tls = issue('kept');
  await listen(tls);
  const next = issue('next');
  const [cert, key] = [readFileSync(next.cert, 'utf8'), readFileSync(next.key, 'utf8')];
  writeFileSync(tls.cert, cert.slice(0, 100));
  while (countOf('certificate not reloaded') === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await subject()).toBe('kept');
  writeFileSync(tls.cert, cert);
  while (countOf('certificate not reloaded') < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await subject()).toBe('kept');
  writeFileSync(tls.key, key);
  await until('next');
  expect(countOf('certificate reloaded')).toBeGreaterThan(0);
}, 30_000);

test('a file that is not there is told when the server starts', async () => {
  await expect(listen({ cert: inFolder('nowhere.pem'), key: inFolder('nowhere.key') })).rejects.toThrow(
    /nowhere\.pem/,
  );
});
