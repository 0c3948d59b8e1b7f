import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onServer, type StorePlace, storePlace } from '../store/place.ts';
import { connect } from '../support/connect.ts';
import { availability, describeEngines, serverUrl } from '../support/engines.ts';
import { until } from '../support/wait.ts';
import { blocksOf, Reader } from './walk.ts';

/** Blocks that are not run: what they install is here already, and the secret is read from the output of the server. */
const notRun = new Set(['sh install', 'sh packages', 'sh yours', 'sh secret']);

/** Output without what differs between machines: versions, and the name of the database of MySQL. */
const plain = (text: string, database: string) =>
  text.replaceAll(/(postgres|mysql) \d[\w.-]*/g, '$1 VERSION').replaceAll(database, 'support');

describeEngines(['mysql'], () => {
  if (!('url' in availability('postgres'))) return test.skip('needs PostgreSQL, too', () => {});
  const name = `tutorial_${randomBytes(5).toString('hex')}`;
  let shop: StorePlace;
  let support: URL;
  let reader: Reader;
  beforeAll(async () => {
    shop = await storePlace('postgres');
    const admin = await connect('mysql', serverUrl('mysql'));
    await admin.execute(`create database ${name}`);
    await admin.close();
    support = new URL(`/${name}`, serverUrl('mysql'));
    reader = await Reader.in(mkdtempSync(join(tmpdir(), 'foz-tutorial-')), {
      SHOP_URL: shop.url!,
      SUPPORT_URL: support.href,
    });
    symlinkSync(join(import.meta.dirname, '../../node_modules'), join(reader.folder, 'node_modules'));
    reader.write('package.json', '{ "type": "module" }\n');
  }, 300_000);
  afterAll(async () => {
    reader?.close();
    await shop?.drop();
    const admin = await connect('mysql', serverUrl('mysql'));
    await admin.execute(`drop database if exists ${name}`);
    await admin.close();
    if (reader !== undefined) rmSync(reader.folder, { recursive: true, force: true });
  });

  test('from nothing to a typed program over two databases, word for word', async () => {
    let last = '';
    for (const { kind, text } of blocksOf('tutorial.md')) {
      if (notRun.has(kind)) continue;
      if (kind === 'sql postgres') await onServer(shop.url!, text);
      else if (kind === 'sql mysql') {
        const own = await connect('mysql', support.href);
        for (const statement of text.trim().split(/;\n?/).filter(Boolean)) await own.execute(statement);
        await own.close();
      } else if (kind === 'sh') last = reader.run(text);
      else if (kind === 'sh background') {
        await reader.serve(text);
        const secret = () => /x-foz-admin-secret\): +(\S+)/.exec(reader.served)?.[1];
        await until(() => secret() !== undefined, 600_000);
        reader.env.FOZ_ADMIN_SECRET = secret();
      } else if (kind === 'yaml add') reader.append('foz.yaml', text);
      else if (kind === 'json') expect(JSON.parse(last)).toEqual(JSON.parse(text));
      else if (kind === 'sh live') reader.start(text);
      else if (kind === 'text live') await until(() => reader.followed.trim() === text.trim(), 60_000);
      else if (kind === 'text') {
        const lines = plain(last, name).trim();
        expect(lines.endsWith(plain(text, name).trim()) || lines).toBe(true);
      } else reader.write(/^(?:ts|json) (\S+)$/.exec(kind)![1]!, text);
    }
    expect(readFileSync(join(reader.folder, 'schema.graphql'), 'utf8')).not.toMatch(/country|closed/);
    expect(readFileSync(join(reader.folder, 'foz.yaml'), 'utf8')).not.toContain('password');
  }, 900_000);
});
