import { PGlite } from '@electric-sql/pglite';
import { DatabaseSync } from '@photostructure/sqlite';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import type { Engine } from './engines.ts';

/** A connection of the tests' own, past the product: to prepare, and to look at what the product left behind. */
export interface Connection {
  /** Runs a script of one or more statements. */
  execute(script: string): Promise<void>;
  /** Runs one query; values come as the driver gives them, big numbers and dates as text. */
  query(text: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

const postgres = async (url: string): Promise<Connection> => {
  const asText = { getTypeParser: () => (value: unknown) => value };
  const client = new Client({ connectionString: url, types: asText as never });
  await client.connect();
  return {
    execute: async (script) => void (await client.query(script)),
    query: async (text) => (await client.query<Record<string, unknown>>(text)).rows,
    close: () => client.end(),
  };
};

const mysql = async (url: string): Promise<Connection> => {
  const connection = await createConnection({
    uri: url,
    multipleStatements: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
  });
  return {
    execute: async (script) => void (await connection.query(script)),
    query: async (text) => (await connection.query(text))[0] as Record<string, unknown>[],
    close: () => connection.end(),
  };
};

const pglite = async (folder: string): Promise<Connection> => {
  const database = await PGlite.create(folder);
  return {
    execute: async (script) => void (await database.exec(script)),
    query: async (text) => (await database.query<Record<string, unknown>>(text)).rows,
    close: () => database.close(),
  };
};

const sqlite = async (file: string): Promise<Connection> => {
  const database = new DatabaseSync(file);
  return {
    execute: async (script) => database.exec(script),
    query: async (text) => {
      const statement = database.prepare(text);
      statement.setReadBigInts(true);
      return statement.all() as Record<string, unknown>[];
    },
    close: async () => database.close(),
  };
};

const connectors = { postgres, pglite, mysql, mariadb: mysql, sqlite } satisfies Record<
  Engine,
  (location: string) => Promise<Connection>
>;

/** Connects to a URL, a SQLite file or a PGlite folder; nobody else may have that PGlite folder open. */
export function connect(engine: Engine, location: string): Promise<Connection> {
  return connectors[engine](location);
}
