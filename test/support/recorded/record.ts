import type { Connector, Runner } from '../../../src/plan/index.ts';
import { type Exchange, written } from './conversation.ts';

/** A connector that notes what it says to the server and what the server answers. */
export function noting(connector: Connector, note: (exchange: Exchange) => void): Connector {
  const run =
    (runner: Runner): Runner['run'] =>
    async (statement, values, context) => {
      const result = await runner.run(statement, values, context);
      note({ text: statement.text, values, rows: result.rows.map((row) => row.map(written)) });
      return result;
    };
  return {
    ...connector,
    run: run(connector),
    transaction: (mode, context, body) =>
      connector.transaction(mode, context, (runner) => body({ run: run(runner) })),
  };
}
