import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { connect } from '../../src/attach.ts';
import type { Naming } from '../../src/catalog/index.ts';
import { parseSourceName } from '../../src/core/index.ts';
import { Graphs, SourceRegistry } from '../../src/views/index.ts';
import { ask } from '../support/cases/run.ts';

interface Failure {
  readonly message: string;
  readonly extensions: {
    readonly code: string;
    readonly path: string;
    readonly columns?: readonly string[];
  };
}
type ByField = (errors: readonly Failure[], fields: readonly string[]) => Record<string, string>;

/** The function that docs/clients.md shows. */
const byField = (() => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/clients.md'), 'utf8');
  const [, code] = /^```ts\n(interface Failure [\s\S]*?)^```$/m.exec(page)!;
  return new Function(`${transformSync(code!, { loader: 'ts' }).code}\nreturn byField;`)() as ByField;
})();

const folder = mkdtempSync(join(tmpdir(), 'foz-fields-'));
const config = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;
let registry: SourceRegistry;

beforeAll(async () => {
  const connector = await connect(config, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  for (const text of [
    'create table shops (id integer primary key)',
    `create table people (id integer primary key, full_name text not null unique, age integer check (age > 0), pet_name varchar(5),
      shop_id integer references shops, first_day date, last_day date, constraint days check (first_day < last_day))`,
    `insert into people values (1, 'Ada', 40, null, null, null, null)`,
  ])
    await connector.run({ text, slots: [] }, [], context);
  registry = new SourceRegistry([{ name: parseSourceName('shop')!, config, connector }], null);
  await registry.start();
}, 60_000);
afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The fields at which a form for a new person shows something. */
async function shownAt(object: string, naming: Naming): Promise<string[]> {
  const engine = new Graphs({ naming }, registry).engine();
  const query =
    naming === 'hasura-default'
      ? `mutation { insert_people_one(object: ${object}) { id } }`
      : `mutation { insertPeopleOne(object: ${object.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase())}) { id } }`;
  const { errors } = JSON.parse(await ask(engine, { query, variables: {} })) as { errors: Failure[] };
  const fields = [...query.matchAll(/(\w+): /g)].map(([, name]) => name!);
  return Object.keys(byField(errors, [...fields, 'full_name', 'fullName'])).sort();
}

test.each<Naming>(['hasura-default', 'graphql-default'])(
  'each problem of a form is shown at its field, also those that the database finds: %s',
  async (naming) => {
    const own = (name: string) =>
      naming === 'hasura-default'
        ? name
        : name.replaceAll(/_(\w)/g, (_: string, letter: string) => letter.toUpperCase());
    const shown = (object: string) => shownAt(object, naming);
    expect(await shown('{ full_name: "Ada", age: 1 }')).toEqual([own('full_name')]);
    expect(await shown('{ full_name: "Bob", age: -1 }')).toEqual(['age']);
    expect(await shown('{ full_name: "Bob", shop_id: 99 }')).toEqual([own('shop_id')]);
    expect(await shown('{ full_name: "Bob", first_day: "2024-02-02", last_day: "2024-01-01" }')).toEqual([
      own('last_day'),
    ]);
    expect(await shown('{ full_name: null, pet_name: "too long" }')).toEqual(
      [own('full_name'), own('pet_name')].sort(),
    );
    if (naming === 'hasura-default') expect(await shown('{ age: 1 }')).toEqual(['full_name']);
  },
);
