import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import {
  type CredentialConfig,
  MailClient,
  type OutboundConfig,
  smtpOf,
} from '../../../src/outbound/index.ts';
import { checkWorkflow } from '../../../src/workflow/index.ts';
import { closeReceivers, rawReceiver } from '../../outbound/receivers.ts';
import { closeExpressions, type InMemoryOptions, runInMemory } from '../in-memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-mail-'));
const [cert, key] = certificate();
const servers: SMTPServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise<void>((resolve) => server.close(resolve));
  await closeReceivers();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await closeExpressions();
});

function certificate(): [cert: string, key: string] {
  const [certPath, keyPath] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
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
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
      ...['-keyout', keyPath, '-out', certPath],
    ],
    { stdio: 'pipe' },
  );
  return [readFileSync(certPath, 'utf8'), readFileSync(keyPath, 'utf8')];
}

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly isSecure: boolean;
  readonly user: string | undefined;
  readonly source: string;
}

/** A mail server that keeps what it is sent. */
async function mailServer(options: SMTPServerOptions = {}) {
  const mails: Received[] = [];
  const server = new SMTPServer({
    ...{ key, cert, authOptional: true, logger: false, disableReverseLookup: true },
    onAuth: ({ username, password }, _session, done) =>
      password === 'p4ssword' ? done(null, { user: username }) : done(new Error('no')),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          ...{ isSecure: session.secure, user: session.user as string | undefined },
          source: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { mails, port: (server.server.address() as AddressInfo).port };
}

const entry = (port: number, more: Partial<CredentialConfig> = {}): CredentialConfig => ({
  ...{ name: 'post', type: 'smtp', host: 'localhost', port, from: 'Shop <shop@shop.example>' },
  ...more,
});

async function sent(
  credential: CredentialConfig,
  step: object = {},
  { config = { ca: cert }, ...more }: InMemoryOptions & { config?: OutboundConfig } = {},
) {
  const client = new MailClient({ config, totalMs: 20_000 });
  const mail = { send: (_: string, ...rest: [never, never]) => client.send(smtpOf(credential), ...rest) };
  const steps = [
    { id: 'm', kind: 'mail', credential: 'post', to: 'ann@a.example', subject: 'Hi', text: 'Hello', ...step },
  ];
  const { outcome, records } = await runInMemory(steps, { services: { mail }, ...more });
  return {
    output: outcome.kind === 'done' ? JSON.parse(outcome.output!) : undefined,
    error: outcome.kind === 'failed' ? JSON.parse(outcome.error) : undefined,
    recorded: JSON.stringify(records),
  };
}

describe('a mail', () => {
  test('arrives with text, html, attachments and an id that stays', async () => {
    const server = await mailServer();
    const step = {
      ...{ to: ['{% input.to %}', 'Bob B. <bob@b.example>'], cc: 'c@c.example', bcc: 'secret@d.example' },
      ...{ subject: '{% "Größe " & input.n %}', text: 'Hellö', html: '<b>Hello</b>', replyTo: 'r@r.example' },
      attachments: [
        { filename: 'größe.csv', type: 'text/csv', text: 'a;b' },
        { filename: 'a.bin', base64: 'AP8B' },
      ],
    };
    const input = { to: 'ann@a.example', n: 7 };
    const { output, error } = await sent(entry(server.port), step, { input });
    expect(error).toBeUndefined();
    const recipients = ['ann@a.example', 'bob@b.example', 'c@c.example', 'secret@d.example'];
    expect(output).toEqual({
      messageId: expect.stringMatching(/^<[0-9a-f]{32}@shop\.example>$/),
      ...{ accepted: recipients, rejected: [] },
    });
    const [mail] = server.mails;
    expect(mail).toMatchObject({ from: 'shop@shop.example', to: recipients, isSecure: true });
    expect(mail!.source).toContain(`Message-ID: ${output.messageId}`);
    expect(mail!.source).toMatch(/^From: "?Shop"? <shop@shop.example>\r$/m);
    expect(mail!.source).toMatch(/^Reply-To: r@r.example\r$/m);
    expect(mail!.source).toContain('Subject: =?UTF-8?');
    expect(mail!.source).not.toContain('secret@d.example');
    for (const part of ['multipart/alternative', 'text/html', '<b>Hello</b>', 'text/csv', 'AP8B'])
      expect(mail!.source).toContain(part);
    expect((await sent(entry(server.port), step, { input })).output.messageId).toBe(output.messageId);
    expect((await sent(entry(server.port), step, { input, run: 'other' })).output.messageId).not.toBe(
      output.messageId,
    );
  });

  test('is sent with user and password, which no record has', async () => {
    const server = await mailServer({ secure: true });
    const login = { username: 'foz', password: 'p4ssword', security: 'tls' } as const;
    expect((await sent(entry(server.port, login))).error).toBeUndefined();
    expect(server.mails[0]).toMatchObject({ user: 'foz', isSecure: true });
    const { error, recorded } = await sent(entry(server.port, { ...login, password: 'wr0ng-one' }));
    expect(error).toMatchObject({ code: 'access-denied' });
    expect(recorded).not.toContain('wr0ng-one');
  });

  test('is sent without TLS only where the configuration says so', async () => {
    const server = await mailServer({ disabledCommands: ['STARTTLS'] });
    expect((await sent(entry(server.port))).error).toMatchObject({ code: 'unavailable' });
    expect(server.mails).toEqual([]);
    expect((await sent(entry(server.port, { security: 'none' }))).error).toBeUndefined();
    expect(server.mails[0]).toMatchObject({ isSecure: false });
  });

  test.each(['tls', 'starttls'] as const)(
    'goes to no server with an unknown certificate: %s',
    async (security) => {
      const server = await mailServer({ secure: security === 'tls' });
      const { error } = await sent(entry(server.port, { security }), {}, { config: {} });
      expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('outbound.ca') });
      const byAddress = await sent(entry(server.port, { security, host: '127.0.0.1' }));
      expect(byAddress.error).toMatchObject({ message: expect.stringContaining('certificate') });
      expect(server.mails).toEqual([]);
    },
  );

  test('a refusal has its status, and a passing one is tried again', async () => {
    let count = 0;
    const server = await mailServer({
      onRcptTo: ({ address }, _session, done) => {
        if (address.startsWith('gone'))
          return done(Object.assign(new Error('No such user'), { responseCode: 550 }));
        if (address.startsWith('later') && count++ === 0)
          return done(Object.assign(new Error('Greylisted'), { responseCode: 451 }));
        done();
      },
    });
    const retry = { attempts: 3, firstMs: 1 };
    expect((await sent(entry(server.port), { to: 'gone@a.example', retry })).error).toMatchObject({
      ...{ code: 'smtp-550', message: expect.stringContaining('No such user') },
    });
    expect((await sent(entry(server.port), { to: 'later@a.example', retry })).output.accepted).toEqual([
      'later@a.example',
    ]);
    const { output } = await sent(entry(server.port), { to: ['gone@a.example', 'ann@a.example'] });
    expect(output).toMatchObject({ accepted: ['ann@a.example'], rejected: ['gone@a.example'] });
  });
});

describe('attacks', () => {
  test.each<[string, object]>([
    ['a header in the subject', { subject: '{% "a\\r\\nBcc: x@x.example" %}' }],
    ['a header in an address', { to: '{% "ann@a.example>\\r\\nBcc: <x@x.example" %}' }],
    ['a header in a name', { to: '{% "Ann\\r\\nBcc: x <ann@a.example>" %}' }],
    ['a header in the sender', { from: '{% "a@a.example\\nX: y" %}' }],
    ['a command in an address', { to: 'ann@a.example> SIZE=1' }],
    ['further recipients', { to: 'ann@a.example, x@x.example' }],
    ['further recipients in a name', { to: 'Ann, x@x.example <ann@a.example>' }],
    ['a group', { to: 'all: ann@a.example, x@x.example;' }],
    ['a quoted local part', { to: '"x@x.example>"@a.example' }],
    ['a file as the text', { text: '{% {"path": "/etc/passwd"} %}' }],
    ['a URL as the html', { html: '{% {"href": "http://127.0.0.1/"} %}' }],
    ['a file as an attachment', { attachments: [{ filename: 'a', path: '/etc/passwd' }] }],
    ['a header in a file name', { attachments: [{ filename: '{% "a\\r\\nX: y" %}', text: 'a' }] }],
    ['a header in a type', { attachments: [{ filename: 'a', type: 'a/b\r\nX: y', text: 'a' }] }],
    ['no recipient', { to: [] }],
    ['many recipients', { to: Array.from({ length: 101 }, (_, n) => `a${n}@a.example`) }],
  ])('%s is refused before anything is sent', async (_, step) => {
    const server = await mailServer();
    expect((await sent(entry(server.port), step)).error).toMatchObject({ code: 'data-exception' });
    expect(server.mails).toEqual([]);
  });

  test('attachments are bounded by bytes', async () => {
    const server = await mailServer();
    const attachments = Array.from({ length: 4 }, () => ({ filename: 'a', base64: 'AAAA'.repeat(300_000) }));
    expect((await sent(entry(server.port), { attachments })).error).toMatchObject({ code: 'limit-exceeded' });
    const many = Array.from({ length: 21 }, () => ({ filename: 'a', text: 'a' }));
    expect((await sent(entry(server.port), { attachments: many })).error).toMatchObject({
      code: 'data-exception',
    });
    expect(server.mails).toEqual([]);
  });

  test('a mail server is not a metadata service, and a link-local address is none', async () => {
    for (const host of ['169.254.169.254', '[fe80::1]', '169.254.1.1', 'fd00:ec2::254'])
      expect((await sent(entry(25, { host }))).error).toMatchObject({ code: 'access-denied' });
  });

  test('a server that hangs, says nothing sensible or too much ends the step', async () => {
    const silent = await rawReceiver(() => {});
    expect((await sent(entry(silent), { timeoutMs: 300 })).error).toMatchObject({ code: 'timeout' });
    const web = await rawReceiver((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    expect((await sent(entry(web))).error.code).toMatch(/^(?:unavailable|smtp-\d+|access-denied)$/);
    const flood = await rawReceiver((socket) => {
      socket.on('error', () => {});
      const line = `220-${'x'.repeat(60_000)}\r\n`;
      const more = () => {
        while (!socket.destroyed && socket.write(line));
      };
      socket.on('drain', more);
      more();
    });
    expect((await sent(entry(flood))).error).toMatchObject({
      code: expect.stringMatching(/^(?:unavailable|limit-exceeded)$/),
    });
    expect((await sent(entry(1))).error).toMatchObject({ code: 'unavailable' });
  });
});

test.each([
  [{ subject: 'a', text: 'b' }, 'needs a recipient'],
  [{ to: 'a@a.example', subject: 'a' }, 'needs a "text", an "html", or both'],
  [{ to: 'a@a.example', text: 'a' }, '/steps/0 needs "subject"'],
])('the definition %j is refused with its place', (step, message) => {
  const steps = [{ id: 'm', kind: 'mail', credential: 'post', ...step }];
  expect(() => checkWorkflow({ name: 'w', steps })).toThrow(message);
});

test('a server without mail says so', async () => {
  const steps = [{ id: 'm', kind: 'mail', credential: 'x', to: 'a@a.example', subject: 'a', text: 'b' }];
  const { outcome } = await runInMemory(steps);
  expect(outcome).toMatchObject({ kind: 'failed', error: expect.stringContaining('not-supported') });
});
