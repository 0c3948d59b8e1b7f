// A client of a database in a process of its own: executes the statements of the lines that it reads, one after another.
import { createInterface } from 'node:readline';
import { DatabaseSync } from '@photostructure/sqlite';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';

/** Connects, and returns a function that executes statements. @type {(engine: string, location: string) => Promise<(text: string) => Promise<unknown>>} */
async function open(engine, location) {
  if (engine === 'sqlite') {
    const database = new DatabaseSync(location, { timeout: 20_000, enableForeignKeyConstraints: true });
    return async (text) => database.exec(text);
  }
  if (engine === 'postgres') {
    const client = new pg.Client(location);
    await client.connect();
    return (text) => client.query(text);
  }
  const connection = await createConnection({ uri: location, multipleStatements: true });
  return (text) => connection.query(text);
}

const execute = await open(String(process.argv[2]), String(process.argv[3]));
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const error = await execute(JSON.parse(line)).then(
    () => null,
    (/** @type {unknown} */ thrown) => String(thrown),
  );
  process.stdout.write(`${JSON.stringify(error)}\n`);
}
process.exit();
