import { FozError } from '../../../src/core/index.ts';
import type { Connector, Runner } from '../../../src/plan/index.ts';
import { type Dialect, type Driver, sqlConnector } from '../../../src/sql/index.ts';
import { type Exchange, type Recorded, restored } from './conversation.ts';

/** The server's side of a conversation: it answers each statement as it was recorded, and knows no other one. */
export class Replay {
  readonly connector: Connector;
  /** By statement and values, in order: a statement may have another answer after a write. */
  #exchanges = new Map<string, Exchange[]>();
  readonly #said = new Set<string>();

  constructor(dialect: Dialect, { facts }: Recorded) {
    const run: Runner['run'] = async ({ text }, values) => {
      const key = keyOf({ text, values });
      const left = this.#exchanges.get(key);
      if (left === undefined) throw new FozError('unexpected', `This was not recorded: ${key}`);
      this.#said.add(key);
      const { rows, affected = rows.length, error } = left.length > 1 ? left.shift()! : left[0]!;
      if (error !== undefined) throw new FozError(error.code, error.message, { details: error.details });
      return { rows: rows.map((row) => row.map(restored)), affected };
    };
    const driver: Driver = {
      introspect: async () => facts,
      run,
      transaction: (_mode, _context, body) => body({ run }),
      changeHint: async () => null,
      ping: async () => {},
      pool: () => ({ size: 0, idle: 0, waiting: 0 }),
      close: async () => {},
    };
    this.connector = sqlConnector({ engine: dialect.engine, dialect, driver });
  }

  /** From now on this is the conversation. */
  begin(exchanges: readonly Exchange[]): void {
    this.#exchanges = new Map();
    for (const exchange of exchanges) {
      const same = this.#exchanges.get(keyOf(exchange));
      if (same === undefined) this.#exchanges.set(keyOf(exchange), [exchange]);
      else same.push(exchange);
    }
    this.#said.clear();
  }

  /** Statements of the conversation that were not sent. */
  unsaid(): readonly string[] {
    return [...this.#exchanges.keys()].filter((key) => !this.#said.has(key));
  }
}

const keyOf = ({ text, values }: Pick<Exchange, 'text' | 'values'>) => `${text}\n${JSON.stringify(values)}`;
