import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { parse } from 'yaml';
import { loadConfig } from '../../src/control/index.ts';
import { start } from '../../src/main.ts';
import { connect } from '../support/connect.ts';
import { freshDatabase } from '../support/databases.ts';
import { describeEngines } from '../support/engines.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/operating.md'), 'utf8');
const block = (kind: string) => new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)![1]!;

describeEngines(['postgres', 'mysql', 'mariadb', 'kingbase'], (engine) => {
  const isPostgres = engine === 'postgres' || engine === 'kingbase';
  test('the rights of the page are enough to read, and the database itself refuses to write', async () => {
    const database = await freshDatabase(engine, 'shop');
    const own = await connect(engine, database.location);
    const name = new URL(database.location).pathname.slice(1);
    const user = `foz_reader_${process.pid}_${engine}`;
    const script = block(`sql ${isPostgres ? 'postgres' : 'mysql'}`)
      .replaceAll('foz_reader', user)
      .replaceAll('shop.*', `\`${name}\`.*`);
    try {
      await own.execute('create table readable (id integer primary key)');
      for (const statement of script.trim().split(/;\n?/).filter(Boolean)) await own.execute(statement);
      const url = new URL(database.location);
      url.username = user;
      url.password = 'change-me';
      const foz = await start(
        {
          state: mkdtempSync(join(tmpdir(), 'foz-reader-')),
          server: { port: 0, graphiql: false },
          sources: [{ name: 'shop', kind: engine as 'postgres', url: url.href }],
        },
        { logger: pino({ level: 'silent' }) },
      );
      const ask = async (query: string) =>
        (
          await fetch(`${foz.url}graphql`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ query }),
          })
        ).json();
      expect(await ask('{ readable { id } }')).toEqual({ data: { readable: [] } });
      expect(await ask('mutation { insert_readable(objects: [{id: 1}]) { affected_rows } }')).toMatchObject({
        errors: [expect.anything()],
      });
      expect(await own.query('select * from readable')).toEqual([]);
      await foz.close(0);
    } finally {
      if (isPostgres) await own.execute(`drop owned by ${user}; drop role if exists ${user}`);
      else await own.execute(`drop user if exists '${user}'@'%'`);
      await own.close();
      await database.drop();
    }
  }, 60_000);
});

test('the configuration of the page is one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foz-page-'));
  const file = join(folder, 'foz.yaml');
  writeFileSync(file, block('yaml'));
  const environment = {
    FOZ_ADMIN_SECRET: 'a-secret-of-some-length',
    SHOP_URL: 'postgres://foz@localhost/shop',
  };
  expect(loadConfig(file, environment)).toMatchObject({
    server: { port: 8443 },
    sources: [{ name: 'shop' }],
  });
  expect(parse(block('yaml')).auth.trusted_proxies).toEqual(['10.1.0.0/16']);
});
