import { mssqlDialect } from '../../src/databases/mssql/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import type { Connector } from '../../src/plan/index.ts';
import { refusedBy } from '../databases/mssql/refused.ts';
import { casesOf } from '../support/cases/cases.ts';
import { attachment, connectTo, roleEngine, sourceName } from '../support/cases/instance.ts';
import { Roles, roleMetadata, sessionOf, withPermissions } from '../support/cases/roles.ts';
import type { Asked } from '../support/cases/run.ts';
import { explanationOf, statementsOf } from '../support/cases/sent.ts';
import { casesIn, topics } from '../support/cases/tabled.ts';
import { sharedDatabase, type TestDatabase } from '../support/databases.ts';
import { recordedOf } from '../support/recorded/conversation.ts';
import { Replay } from '../support/recorded/replay.ts';

const recorded = recordedOf('mssql');

/**
 * The server that stands in for SQL Server takes statements that SQL Server refuses. Every statement that the cases compile is looked at, those
 * of roles included, without a server.
 */
(recorded === null ? describe.skip : describe)('statements for SQL Server', () => {
  let support: TestDatabase;
  let desk: Connector;
  let connectors: Map<ReturnType<typeof sourceName>, Connector>;
  beforeAll(async () => {
    support = await sharedDatabase('sqlite', 'support');
    desk = await connectTo(support);
    connectors = new Map([
      [sourceName('shop'), new Replay(mssqlDialect, recorded!).connector],
      [sourceName('support'), desk],
    ]);
  });
  afterAll(async () => {
    await desk?.close();
    await support?.drop();
  });

  test('of the cases', async () => {
    const engine = await roleEngine(connectors, attachment({}));
    const looked = new Looked();
    for (const { name, query, variables, options } of casesOf(() => true)) {
      if (options.variant !== undefined) continue;
      await looked.at(name, engine, { query, variables, operationName: options.operationName });
    }
    looked.expectTaken(500);
  }, 120_000);

  test('of roles', async () => {
    const roles = await Roles.open(
      connectors,
      withPermissions(roleMetadata.tables, roleMetadata.inherited_roles),
    );
    const looked = new Looked();
    for (const kind of ['allowed', 'denied'] as const)
      for (const file of topics(kind))
        for (const one of casesIn(file)) {
          const session = sessionOf(one.as);
          const asked = { query: one.ask, variables: one.variables ?? {}, session: session.variables };
          await looked.at(`${file}: ${one.name}`, roles.engine(session), asked);
        }
    looked.expectTaken(100);
  }, 120_000);
});

/** What was found in the statements of operations. */
class Looked {
  readonly #found: string[] = [];
  #count = 0;

  async at(name: string, engine: RoleEngine, asked: Asked): Promise<void> {
    for (const line of statementsOf((await explanationOf(engine, asked)) ?? [])) {
      if (!line.startsWith('shop: ')) continue;
      this.#count++;
      const text = line.slice('shop: '.length);
      for (const reason of refusedBy(text)) this.#found.push(`${name}: ${reason}\n${text}`);
    }
  }

  /** Fails also where so few statements were there that the cases cannot have been read. */
  expectTaken(least: number): void {
    expect(this.#found).toEqual([]);
    expect(this.#count).toBeGreaterThan(least);
  }
}
