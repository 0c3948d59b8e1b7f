import type { DocumentNode } from 'graphql';
import { FozError, parseSourceName } from '../../src/core/index.ts';
import type { EngineAnswer } from '../../src/execute/index.ts';
import type { FozServer, Operation, RequestAudit } from '../../src/serve/index.ts';
import { MemoryEngine, post, serve } from './engine.ts';

/** An engine whose mutations count as writes to a source. */
class WritingEngine extends MemoryEngine {
  override async execute(operation: Operation, document: DocumentNode): Promise<EngineAnswer> {
    const answer = await super.execute(operation, document);
    const source = parseSourceName('shop')!;
    const written = [{ source, table: 'shop.orders', kind: 'insert', affected: 1 }] as const;
    return operation.query.startsWith('mutation') ? { ...answer, written } : answer;
  }
}

const audit: RequestAudit = {
  ready: async () => {},
  ran: async () => {
    throw new FozError('unavailable', 'The audit log cannot be written now, and nothing is done without it.');
  },
  entered: () => undefined,
  refused: async () => {},
};
let server: FozServer;
afterEach(() => server.close());

test('where a write is done and cannot be written down, its answer is withheld and says that it is done', async () => {
  const engine = new WritingEngine();
  server = await serve(engine, {}, { audit });
  for (let time = 1; time <= 2; time++) {
    const { status, text } = await post(server.url, { query: 'mutation { add(n: 1) }' });
    expect([status, JSON.parse(text)]).toEqual([
      200,
      {
        errors: [
          {
            message:
              'The audit log cannot be written now, so the answer is withheld. What this operation wrote to shop is committed: do not repeat it.',
            extensions: { path: '$', code: 'unavailable', committed: ['shop'] },
          },
        ],
        data: null,
      },
    ]);
    expect(engine.sum).toBe(time);
  }
});
