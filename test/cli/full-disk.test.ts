import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { until } from '../support/wait.ts';
import { command } from './command.ts';
import { Serving } from './serving.ts';

const admin = { 'x-foz-admin-secret': 'admin-secret-for-tests' };
const folder = mkdtempSync(join(tmpdir(), 'foz-disk-'));
const disk = join(folder, 'disk');
const shut = join(folder, 'shut');
const fill = join(disk, 'fill');
let foz: Serving | undefined;

/** Mounts a file system in memory. Prints why if this machine does not allow it. */
function mount(place: string, options: string): boolean {
  mkdirSync(place);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place], { stdio: 'pipe' });
    return true;
  } catch (error) {
    console.warn(`Skipped: a disk of its own cannot be mounted here: ${(error as Error).message}`);
    return false;
  }
}
const isMounted = mount(disk, 'size=96m');
const isShut = mount(shut, 'size=1m,ro');
const onDisk = isMounted ? test : test.skip;
const onShut = isShut && isMounted ? test : test.skip;

beforeAll(async () => {
  if (!isMounted) return;
  const shop = await connect({ name: 'shop', kind: 'sqlite', path: join(disk, 'shop.db') }, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: null };
  await shop.run({ text: 'create table notes (id integer primary key, body text)', slots: [] }, [], context);
  await shop.close();
});
afterEach(() => {
  foz?.kill();
  rmSync(fill, { force: true });
});
afterAll(() => {
  if (isMounted) execFileSync('umount', ['-l', disk]);
  if (isShut) execFileSync('umount', ['-l', shut]);
  rmSync(folder, { recursive: true });
});

function configure(audit: object | false): void {
  const config = {
    state: join(disk, 'state'),
    audit,
    auth: { admin_secrets: ['admin-secret-for-tests'] },
    sources: [{ name: 'shop', kind: 'sqlite', path: join(disk, 'shop.db') }],
  };
  writeFileSync(join(folder, 'foz.yaml'), JSON.stringify(config));
}

/** Fills the disk. */
function fillDisk(): void {
  const file = openSync(fill, 'a');
  for (const size of [2 ** 20, 4096, 1])
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  closeSync(file);
}

interface Answer {
  readonly data?: Record<string, { id: number } | null> | null;
  readonly errors?: readonly { message: string; extensions: { code: string; committed?: unknown } }[];
}

async function insert(id: number, length: number): Promise<Answer> {
  const query =
    'mutation ($id: Int!, $body: String!) { insert_notes_one(object: {id: $id, body: $body}) { id } }';
  const { text } = await foz!.post('graphql', admin, { query, variables: { id, body: 'x'.repeat(length) } });
  return JSON.parse(text) as Answer;
}

async function stored(): Promise<number[]> {
  const { text } = await foz!.post('graphql', admin, { query: '{ notes(order_by: {id: asc}) { id } }' });
  return (JSON.parse(text) as { data: { notes: { id: number }[] } }).data.notes.map(({ id }) => id);
}

/** Whether an answer reports its row as stored: by returning it, or in the message of its error. */
function isStored({ data, errors = [] }: Answer): boolean {
  return (
    data?.insert_notes_one != null || errors.some(({ extensions }) => extensions.committed !== undefined)
  );
}

for (const audit of [false, { when_down: 'closed' }, { when_down: 'open' }] as const)
  onDisk(
    `a full disk under everything, audit ${JSON.stringify(audit)}: told, nothing half-written, serving goes on`,
    async () => {
      configure(audit);
      foz = await Serving.start(folder);
      const before = await stored();
      const first = 1_000 * (before.length + 1);
      expect(isStored(await insert(first, 10))).toBe(true);
      fillDisk();
      const answers = new Map<number, Answer>();
      for (let at = 1; at <= 40; at++) answers.set(first + at, await insert(first + at, 300_000));
      const failed = [...answers.values()].filter((answer) => !isStored(answer));
      expect(failed.length).toBeGreaterThan(30);
      for (const { errors } of failed) {
        expect(errors).toHaveLength(1);
        expect(errors![0]!.extensions.code).not.toBe('unexpected');
      }
      // The stored rows are exactly those that answers report as stored.
      const now = [...answers].filter(([, answer]) => isStored(answer)).map(([id]) => id);
      expect(await stored()).toEqual([...before, first, ...now]);
      expect((await foz.post('graphql', admin, { query: '{ __typename }' })).status).toBe(200);
      unlinkSync(fill);
      let next = first + 100;
      await until(async () => isStored(await insert(++next, 300_000)), 300_000);
      expect(await foz.isReady()).toBe(true);
      expect(await foz.stop()).toBe(0);
      // The database and the store open again.
      foz = await Serving.start(folder);
      expect(await stored()).toContain(next);
      expect(await foz.stop()).toBe(0);
    },
    900_000,
  );

onShut(
  'a state folder that cannot be written is told',
  async () => {
    const config = {
      state: join(shut, 'state'),
      server: { port: 0 },
      auth: { admin_secrets: ['admin-secret-for-tests'] },
      sources: [{ name: 'shop', kind: 'sqlite', path: join(disk, 'shop.db') }],
    };
    writeFileSync(join(folder, 'foz.yaml'), JSON.stringify(config));
    const { code, out, err } = await command(folder, ['serve']);
    expect({ code, text: out + err }).toEqual({
      code: 1,
      text: expect.stringContaining(join(shut, 'state')),
    });
  },
  300_000,
);
