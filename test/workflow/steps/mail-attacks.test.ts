import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { runInMemory } from '../in-memory.ts';

// What the step refuses is given to the library of mail as it is, and does its harm there.
const folder = mkdtempSync(join(tmpdir(), 'foz-mail-'));
const path = join(folder, 'secret');
beforeAll(() => writeFileSync(path, 'the secret of the server'));
afterAll(() => rmSync(folder, { recursive: true }));

async function written(more: SendMailOptions) {
  const library = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  const usual = { from: 'shop@shop.example', to: 'ann@a.example', subject: 'Hi', text: 'Hello' };
  const { envelope, message } = await library.sendMail({ ...usual, ...more });
  return { to: envelope.to, text: message.toString() };
}

async function refusal(more: object): Promise<string | undefined> {
  const asked: unknown[] = [];
  const usual = {
    id: 'm',
    kind: 'mail',
    credential: 'post',
    to: 'ann@a.example',
    subject: 'Hi',
    text: 'Hello',
  };
  const services = { mail: { send: async (...given: unknown[]) => void asked.push(given) } };
  const { outcome } = await runInMemory([{ ...usual, ...more }], { services: services as never });
  expect(asked).toEqual([]);
  return outcome.kind === 'failed' ? JSON.parse(outcome.error).code : undefined;
}

const list = 'ann@a.example, eve@x.example';
const group = 'all: ann@a.example, eve@x.example;';
const two = ['ann@a.example', 'eve@x.example'];

test.each<[string, object, SendMailOptions, object]>([
  ['further recipients', { to: list }, { to: list }, { to: two }],
  ['a group', { to: group }, { to: group }, { to: two }],
  ['further hidden recipients', { bcc: list }, { bcc: list }, { to: expect.arrayContaining(two) }],
  [
    'a file as the text',
    { text: { path } },
    { text: { path } },
    { text: expect.stringContaining('the secret of the server') },
  ],
  [
    'a file as an attachment',
    { attachments: [{ filename: 'a', path }] },
    { attachments: [{ filename: 'a', path }] },
    { text: expect.stringContaining(Buffer.from('the secret of the server').toString('base64')) },
  ],
])('%s', async (_, step, given, harm) => {
  expect(await refusal(step)).toBe('data-exception');
  expect(await written(given)).toMatchObject(harm);
});
