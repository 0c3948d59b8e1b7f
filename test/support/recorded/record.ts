import { FozError } from '../../../src/core/index.ts';
import type { Connector, Runner } from '../../../src/plan/index.ts';
import { type Exchange, written } from './conversation.ts';

/** A connector that notes what it says to the server and what the server answers. */
export function noting(connector: Connector, note: (exchange: Exchange) => void): Connector {
  const run =
    (runner: Runner): Runner['run'] =>
    async (statement, values, context) => {
      const said = { text: statement.text, values };
      try {
        const { rows, affected } = await runner.run(statement, values, context);
        const count = rows.length === 0 && affected > 0 ? { affected } : {};
        note({ ...said, rows: rows.map((row) => row.map(written)), ...count });
        return { rows, affected };
      } catch (error) {
        if (error instanceof FozError) {
          const { code, message, details } = error;
          note({ ...said, rows: [], error: { code, message, details } });
        }
        throw error;
      }
    };
  return {
    ...connector,
    run: run(connector),
    transaction: (mode, context, body) =>
      connector.transaction(mode, context, (runner) => body({ run: run(runner) })),
  };
}
