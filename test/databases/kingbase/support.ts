import { randomBytes } from 'node:crypto';
import { connectKingbase } from '../../../src/databases/kingbase/index.ts';
import type { Connector } from '../../../src/plan/index.ts';
import { type Connection, connect } from '../../support/connect.ts';
import { laidOver, type Mode, modes } from '../../support/engine/kingbase-modes.ts';
import { availability, isKingbaseReal, serverUrl } from '../../support/engines.ts';

/** The modes to test: all of them where PostgreSQL emulates them; on a real server the one that it has. */
export const modesThere: readonly Mode[] = isKingbaseReal
  ? modes.filter((mode) => mode === (process.env.FOZ_TEST_KINGBASE_MODE ?? 'pg'))
  : modes;

/** A `describe` per mode. */
export function describeModes(body: (mode: Mode) => void): void {
  const found = availability('kingbase');
  for (const mode of modesThere) {
    if ('reason' in found)
      describe.skip(`kingbase in mode ${mode} (not run: ${found.reason})`, () => body(mode));
    else describe(`kingbase in mode ${mode}`, () => body(mode));
  }
}

/** An empty database in a mode. */
export interface Fixture {
  readonly url: string;
  readonly connector: Connector;
  /** A client of the database itself. */
  readonly beside: Connection;
  drop(): Promise<void>;
}

export async function databaseIn(mode: Mode): Promise<Fixture> {
  const name = `foz_kingbase_${randomBytes(5).toString('hex')}`;
  const admin = serverUrl('kingbase');
  const url = new URL(`/${name}`, admin.replace(/^kingbase8?:/, 'postgres:')).href;
  const run = async (at: string, text: string) => {
    const connection = await connect('kingbase', at);
    await connection.execute(text).finally(() => connection.close());
  };
  await run(admin, `create database ${name} template template0 encoding 'UTF8'`);
  if (!isKingbaseReal) {
    await run(url, laidOver(mode));
    await run(admin, `alter database ${name} set search_path = public, sys, sys_catalog, pg_catalog`);
  }
  const connector = connectKingbase({ connection: url.replace(/^postgres:/, 'kingbase:') });
  const beside = await connect('kingbase', url);
  return {
    url,
    connector,
    beside,
    async drop() {
      await connector.close();
      await beside.close();
      await run(admin, `drop database ${name} with (force)`);
    },
  };
}
