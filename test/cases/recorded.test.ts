import { mssqlDialect } from '../../src/databases/mssql/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import type { Connector } from '../../src/plan/index.ts';
import { refusedBy } from '../databases/mssql/refused.ts';
import { type Case, casesOf, expectedOf } from '../support/cases/cases.ts';
import { attachment, connectTo, roleEngine, sourceName } from '../support/cases/instance.ts';
import { ask, askHot, sorted } from '../support/cases/run.ts';
import { sharedDatabase, type TestDatabase } from '../support/databases.ts';
import { type Conversation, conversationOf, recordedOf } from '../support/recorded/conversation.ts';
import { Replay } from '../support/recorded/replay.ts';

const engine = 'mssql';
const recorded = recordedOf(engine);
const conversations = new Map<string, Conversation | null>();

function exchangesOf(name: string) {
  const [topic, own] = name.split('/') as [string, string];
  if (!conversations.has(topic)) conversations.set(topic, conversationOf(engine, topic));
  return conversations.get(topic)?.cases[own] ?? null;
}

const cases = casesOf(() => true).filter(({ name }) => exchangesOf(name) !== null);
const isWriting = ({ name }: Case) => name.startsWith('write-');

/** Without a server: each case sends the statements that were recorded, and makes its answer of the rows that the server gave. */
(recorded === null ? describe.skip : describe)(
  `recorded from ${recorded?.server} on ${recorded?.date}`,
  () => {
    let replay: Replay;
    let support: TestDatabase;
    let desk: Connector;
    let asked: RoleEngine;
    beforeAll(async () => {
      replay = new Replay(mssqlDialect, recorded!);
      support = await sharedDatabase('sqlite', 'support');
      desk = await connectTo(support);
      asked = await roleEngine(
        new Map([
          [sourceName('shop'), replay.connector],
          [sourceName('support'), desk],
        ]),
        attachment({}),
      );
    }, 60_000);
    afterAll(async () => {
      await desk?.close();
      await support?.drop();
    });

    test.each(cases)('$name', async (one) => {
      const exchanges = exchangesOf(one.name)!;
      replay.begin(exchanges);
      const { query, variables, options } = one;
      const question = { query, variables, operationName: options.operationName };
      const stored = expectedOf(one);
      const expected = shaped(JSON.stringify(stored), options);
      const whole = async (answer: string) => {
        if (!isWriting(one)) return answer;
        const { after } = options;
        const left = after === undefined ? null : await ask(asked, { query: after, variables: {} });
        const rows = left === null ? null : (JSON.parse(left) as { data: unknown }).data;
        return JSON.stringify({ answer: JSON.parse(answer), after: rows });
      };
      expect(shaped(await whole(await ask(asked, question)), options)).toBe(expected);
      expect(replay.unsaid()).toEqual([]);
      replay.begin(exchanges);
      const hot = await askHot(asked, question);
      if (hot !== undefined) expect(shaped(await whole(hot), options)).toBe(expected);
      // What the recorded server takes is not yet what SQL Server takes.
      expect(exchanges.flatMap(({ text }) => refusedBy(text))).toEqual([]);
    });
  },
);

/** Members of JSON columns come in the engine's order, and messages may contain text of the engine. */
function shaped(text: string, { json, looseMessages }: (typeof cases)[number]['options']): string {
  if (looseMessages) return String(/"code":"([^"]*)"/.exec(text)?.[1]);
  return json ? JSON.stringify(sorted(JSON.parse(text))) : text;
}
