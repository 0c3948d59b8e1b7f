import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { onServer, type StorePlace, storePlace } from '../store/place.ts';
import { describeEngines } from '../support/engines.ts';
import { blocksOf, Reader } from './walk.ts';

describeEngines(['postgres'], () => {
  let database: StorePlace;
  let reader: Reader;
  beforeAll(async () => {
    database = await storePlace('postgres');
    await onServer(
      database.url!,
      `create table customers (id integer primary key);
       create table orders (id integer primary key, total numeric(8,2), internal_note text);
       insert into orders values (1, 9.5, 'secret')`,
    );
    reader = await Reader.in(mkdtempSync(join(tmpdir(), 'foz-page-')), { SHOP_URL: database.url! });
  }, 300_000);
  afterAll(async () => {
    reader?.close();
    await database?.drop();
    if (reader !== undefined) rmSync(reader.folder, { recursive: true, force: true });
  });

  test('the page does what it says, from its first line to its last', async () => {
    let last = '';
    for (const { kind, text } of blocksOf('read-only-key.md')) {
      if (kind === 'yaml foz.yaml') reader.write('foz.yaml', text);
      else if (kind === 'sh') last = reader.run(text);
      else if (kind === 'text') expect(last).toBe(text);
      else if (kind === 'json') expect(JSON.parse(last)).toEqual(JSON.parse(text));
      else if (kind === 'sh background') await reader.serve(text);
      else if (kind === 'sh refused') {
        const lines = text.trim().split('\n');
        expect(lines).toHaveLength(4);
        for (const line of lines)
          expect([line, JSON.parse(reader.run(line))]).toEqual([
            line,
            {
              errors: [
                expect.objectContaining({
                  extensions: expect.objectContaining({ code: expect.any(String) }),
                }),
              ],
            },
          ]);
      } else expect(kind).toBe('sh install');
    }
    expect(parse(readFileSync(join(reader.folder, 'foz.yaml'), 'utf8')).auth.api_keys[0].name).toBe('report');
    expect(await onServer(database.url!, 'select count(*)::int as n from orders')).toEqual([{ n: 1 }]);
  }, 900_000);
});
