// The cost of large databases, from connecting to the plan of the first operation. Each size runs in its own process.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { work } from './load.mjs';
import { options } from './options.mjs';
import { findServers } from './servers.mjs';

const name = (number) => `t${String(number).padStart(5, '0')}`;
const types = [
  'int',
  'bigint',
  'text',
  'varchar(80)',
  'numeric(12,2)',
  'boolean',
  'timestamptz',
  'date',
  'uuid',
  'jsonb',
  'double precision',
];

/** A table of 20 columns. Each table refers to one other and every second table to two: 1.5 foreign keys per table. */
function table(number, count) {
  const other = (step) => name(((number * 7 + step) % count) + 1);
  const second = number % 2 === 0 ? `references ${other(11)} (id)` : '';
  const rest = Array.from(
    { length: 17 },
    (_, at) => `c${at} ${types[at % types.length]}${at % 3 === 0 ? ' not null' : ''}`,
  );
  return {
    create: `create table ${name(number)} (id int primary key, a_id int, b_id int, ${rest.join(', ')})`,
    keys: [
      `alter table ${name(number)} add foreign key (a_id) references ${other(3)} (id)`,
      ...(second === '' ? [] : [`alter table ${name(number)} add foreign key (b_id) ${second}`]),
    ],
  };
}

/** A database with that many tables, created once and kept for later runs. */
async function prepare(server, count) {
  const database = `foz_bench_${count}_tables`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  const url = new URL(`/${database}`, server).href;
  try {
    const { rows } = await admin.query(
      'select shobj_description(oid, $2) as note from pg_database where datname = $1',
      [database, 'pg_database'],
    );
    if (rows[0]?.note === 'complete') return url;
    await admin.query(`drop database if exists ${database} with (force)`);
    await admin.query(`create database ${database}`);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const tables = Array.from({ length: count }, (_, at) => table(at + 1, count));
    // The locks of one transaction are limited, so the tables are created in batches.
    const texts = [...tables.map(({ create }) => create), ...tables.flatMap(({ keys }) => keys)];
    for (let at = 0; at < texts.length; at += 20) await client.query(texts.slice(at, at + 20).join(';\n'));
    await client.query(
      'vacuum analyze pg_catalog.pg_attribute, pg_catalog.pg_class, pg_catalog.pg_constraint',
    );
    await client.end();
    await admin.query(`comment on database ${database} is 'complete'`);
    return url;
  } finally {
    await admin.end();
  }
}

export async function run() {
  const { postgres } = findServers(['postgres']);
  console.log(
    "Tables of 20 columns, 1.5 foreign keys each, PostgreSQL. Seconds from the start of the process's work, memory in MB.",
  );
  const rows = [];
  for (const count of options.tables.split(',').map(Number)) {
    const url = await prepare(postgres, count);
    const file = join(work, `tables-${count}.yaml`);
    writeFileSync(
      file,
      JSON.stringify({
        state: join(work, `state-tables-${count}`),
        sources: [{ name: 'main', kind: 'postgres', url }],
      }),
    );
    const child = fileURLToPath(new URL('large-schema-once.mjs', import.meta.url));
    const repeats = options.quick ? 1 : 3;
    const runs = Array.from({ length: repeats }, () =>
      JSON.parse(
        execFileSync(process.execPath, ['--expose-gc', child, file, name(1), String(count)], {
          encoding: 'utf8',
        }),
      ),
    );
    const middle = runs.sort((a, b) => a.total - b.total)[Math.floor(repeats / 2)];
    rows.push({ tables: count, ...middle });
    console.log(JSON.stringify(rows.at(-1)));
  }
  console.table(rows);
}
