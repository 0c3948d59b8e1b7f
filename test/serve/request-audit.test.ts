import type { DocumentNode } from 'graphql';
import { FozError, parseSourceName } from '../../src/core/index.ts';
import { Newest } from '../../src/events/live/newest.ts';
import type { EngineAnswer } from '../../src/execute/index.ts';
import type { FozServer, Operation, RequestAudit } from '../../src/serve/index.ts';
import { Subscriber } from '../events/subscriber.ts';
import { until } from '../support/wait.ts';
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

test('an answer of a subscription that cannot be recorded ends it', async () => {
  let answers: Newest<EngineAnswer> | undefined;
  let hasLeft = false;
  class ReadingEngine extends MemoryEngine {
    subscribe() {
      const left = () => {
        hasLeft = true;
      };
      answers = new Newest<EngineAnswer>(left, () => {});
      return answers;
    }
  }
  server = await serve(new ReadingEngine(), {}, { audit });
  const subscriber = await Subscriber.open(server.url, { query: 'subscription { sum }' });
  await until(() => answers !== undefined);
  answers!.put({ json: '{"data":{"sum":1}}', kind: 'data', errors: [] });
  await until(() => subscriber.answers.length === 1);
  const source = parseSourceName('shop')!;
  const read = [{ source, table: 'shop.orders' }] as unknown as EngineAnswer['read'] & {};
  answers!.put({ json: '{"data":{"sum":2}}', kind: 'data', errors: [], read });
  await until(() => subscriber.isOver);
  expect(subscriber.answers).toEqual([
    { data: { sum: 1 } },
    {
      errors: [
        expect.objectContaining({ message: expect.stringContaining('The audit log cannot be written now') }),
      ],
    },
  ]);
  expect(hasLeft).toBe(true);
});
