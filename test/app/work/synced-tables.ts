import type { Dice } from '../../conformance/dice.ts';
import { type Connection, connect } from '../../support/connect.ts';
import type { TestDatabase } from '../../support/databases.ts';
import { until } from '../../support/wait.ts';

type Pair = 'oneway' | 'both_ways';
interface Row {
  readonly id: number;
  readonly name: string;
  readonly stamp: number;
}

/** Ids of which rows are deleted and inserted again; those below `mostUpdated` are only updated. */
const firstDeleted = 10_001;
const mostUpdated = 25;
/** Ids of rows that tell how far a sync is. */
const firstMarker = 1_000_000;
/** Ids of rows of the right table that never came from the left one. */
const firstOwn = 2_000_000;

/**
 * Two pairs of tables in two databases, the left ones on PostgreSQL and the right ones on MariaDB, with clients that write as others do. Only the
 * left side of `oneway` is written, and either side of `both_ways`. The stamp of each write is greater than those before it.
 */
export class SyncedTables {
  /** Rows that each left table has at first. */
  readonly rows = 4_000;
  readonly #left: Connection;
  readonly #right: Connection;
  #stamp = 0;
  #markers = 0;
  /** What was written last to rows that are never deleted, by pair and id. */
  readonly #written = new Map<string, Row>();

  private constructor(left: Connection, right: Connection) {
    this.#left = left;
    this.#right = right;
  }

  static async open(left: TestDatabase, right: TestDatabase): Promise<SyncedTables> {
    const [ofLeft, ofRight] = [
      await connect('postgres', left.location),
      await connect('mariadb', right.location),
    ];
    const tables = new SyncedTables(ofLeft, ofRight);
    const columns = '(id integer primary key, name varchar(100) not null, stamp bigint not null)';
    for (const pair of ['oneway', 'both_ways']) {
      await ofLeft.execute(`create table ${pair} ${columns}`);
      await ofRight.execute(`create table ${pair} ${columns}`);
      await ofLeft.execute(
        `insert into ${pair} select n, 'row ' || n, 0 from generate_series(1, ${tables.rows}) n`,
      );
    }
    await ofRight.execute(`insert into oneway values (${firstOwn}, 'own', 0), (${firstOwn + 1}, 'own', 0)`);
    await ofLeft.execute('create publication foz for table oneway, both_ways');
    return tables;
  }

  async close(): Promise<void> {
    await this.#left.execute(
      'select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database() and not active',
    );
    await this.#left.close();
    await this.#right.close();
  }

  /** Changes a random row of either pair. */
  async write(dice: Dice): Promise<void> {
    const pair: Pair = dice.chance(50) ? 'oneway' : 'both_ways';
    const isLeft = pair === 'oneway' || dice.chance(50);
    const client = isLeft ? this.#left : this.#right;
    if (dice.chance(30)) {
      const id = firstDeleted + dice.whole(20);
      if (dice.chance(40)) await client.execute(`delete from ${pair} where id = ${id}`);
      else await this.#put(pair, isLeft, { id, name: 'comes and goes', stamp: ++this.#stamp });
      return;
    }
    const row = {
      ...{ id: 1 + dice.whole(mostUpdated), stamp: ++this.#stamp },
      name: `${isLeft ? 'left' : 'right'} ${this.#stamp}`,
    };
    await this.#put(pair, isLeft, row);
    this.#written.set(`${pair} ${row.id}`, row);
  }

  #put(pair: Pair, isLeft: boolean, { id, name, stamp }: Row): Promise<unknown> {
    const set = `name = '${name}', stamp = ${stamp}`;
    return (isLeft ? this.#left : this.#right).execute(
      `insert into ${pair} (id, name, stamp) values (${id}, '${name}', ${stamp}) ${
        isLeft ? 'on conflict (id) do update set' : 'on duplicate key update'
      } ${set}`,
    );
  }

  /** The number of the first rows that the right table of `oneway` has. */
  async copied(): Promise<number> {
    const [row] = await this.#right.query(`select count(*) as n from oneway where id <= ${this.rows}`);
    return Number(row!.n);
  }

  /** Takes the copied rows away, as somebody else. */
  async empty(): Promise<void> {
    await this.#right.execute(`delete from oneway where id <= ${this.rows}`);
  }

  /** Resolves once both syncs have applied a change that is made now. */
  async goOn(ms: number): Promise<void> {
    const id = firstMarker + ++this.#markers;
    for (const pair of ['oneway', 'both_ways'] as const)
      await this.#put(pair, true, { id, name: 'marker', stamp: ++this.#stamp });
    for (const pair of ['oneway', 'both_ways'])
      await until(
        async () => (await this.#right.query(`select 1 as one from ${pair} where id = ${id}`)).length > 0,
        ms,
      );
  }

  /** Rows that the sides of a pair do not have in the same way. Those that only the right side of `oneway` has always had must be there. */
  async differences(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const pair of ['oneway', 'both_ways'] as const) {
      const [left, right] = [await rowsOf(this.#left, pair), await rowsOf(this.#right, pair)];
      if (pair === 'oneway') for (const own of [firstOwn, firstOwn + 1]) left.set(own, 'own 0');
      for (const id of new Set([...left.keys(), ...right.keys()]))
        if (left.get(id) !== right.get(id)) found.push(`${pair} ${id}: ${left.get(id)} | ${right.get(id)}`);
    }
    return found.slice(0, 20);
  }

  /** Rows that are not as they were written last, or are gone. */
  async lost(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const pair of ['oneway', 'both_ways'] as const) {
      const rows = await rowsOf(this.#left, pair);
      for (let id = 1; id <= this.rows; id++) {
        const { name, stamp } = this.#written.get(`${pair} ${id}`) ?? { name: `row ${id}`, stamp: 0 };
        if (rows.get(id) !== `${name} ${stamp}`)
          found.push(`${pair} ${id}: ${rows.get(id)}, not ${name} ${stamp}`);
      }
    }
    return found.slice(0, 20);
  }
}

async function rowsOf(client: Connection, pair: Pair): Promise<Map<number, string>> {
  const rows = await client.query(`select id, name, stamp from ${pair}`);
  return new Map(rows.map(({ id, name, stamp }) => [Number(id), `${name} ${stamp}`]));
}
