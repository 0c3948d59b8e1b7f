import { introspectionFromSchema, parse } from 'graphql';
import type { Session } from '../../src/access/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import type { Connector } from '../../src/plan/index.ts';
import { updating } from '../support/cases/cases.ts';
import { type Instance, naiveConnectors, openInstance } from '../support/cases/instance.ts';
import { hindrance } from '../support/cases/needs.ts';
import { Renamer } from '../support/cases/rename.ts';
import { Roles, roleMetadata, sessionOf, withPermissions } from '../support/cases/roles.ts';
import { type Asked, ask, askHot, rewritten, sorted } from '../support/cases/run.ts';
import { expectExplained, explanationOf, recording, type Sent } from '../support/cases/sent.ts';
import { casesIn, storeTabled, type TabledCase, topics } from '../support/cases/tabled.ts';
import type { Engine } from '../support/engines.ts';
import { describeTurns } from '../support/turns.ts';

const metadata = withPermissions(roleMetadata.tables, roleMetadata.inherited_roles);

/** The engines and databases on which the cases of one database run. */
interface Stage {
  readonly engine: Engine;
  readonly instance: Instance;
  readonly roles: Roles;
  readonly others: Roles;
  readonly naive: Roles | null;
  /** Statements that the drivers received from `roles`. */
  readonly sent: Sent[];
}

/** Permissions: every case must give the same answer or the same refusal on every engine and on every path of a request. */
describeTurns([], (engine) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(engine);
  }, 120_000);
  afterAll(() => stage?.instance.close());

  for (const kind of ['allowed', 'denied'] as const)
    for (const file of topics(kind))
      describe(file, () => {
        for (const one of casesIn(file)) {
          const reason = one.except?.[engine];
          const title = reason === undefined ? one.name : `${one.name} (not on this engine: ${reason})`;
          test(title, () => check(stage, file, kind, one), 60_000);
        }
      });
});

async function openStage(engine: Engine): Promise<Stage> {
  const instance = await openInstance(engine, true, 'permissions');
  try {
    return await stageOn(engine, instance);
  } catch (error) {
    await instance.close();
    throw error;
  }
}

async function stageOn(engine: Engine, instance: Instance): Promise<Stage> {
  const { connectors } = instance;
  const sent: Sent[] = [];
  const roles = await Roles.open(recording(connectors, sent), metadata);
  const naive = naiveConnectors(connectors, engine);
  return {
    engine,
    instance,
    roles,
    others: await Roles.open(connectors, metadata, 'graphql-default'),
    naive: naive === null ? null : Roles.on(roles.catalog, metadata, naive),
    sent,
  };
}

async function check(stage: Stage, file: string, kind: 'allowed' | 'denied', one: TabledCase): Promise<void> {
  const session = sessionOf(one.as);
  const asked = { query: one.ask, variables: one.variables ?? {}, session: session.variables };
  const role = stage.roles.engine(session);
  const { engine, instance } = stage;
  const [{ capabilities }] = [...instance.connectors.values()] as [Connector];
  const hindered = hindrance(one, { engine, capabilities, schema: instance.hasura.options.schema });
  if (hindered !== null || one.except?.[engine] !== undefined)
    return expect(await ask(role, asked)).toMatch(/^\{"(data|errors)"/);
  const asking =
    one.tables === undefined ? () => ask(role, asked) : () => answerAsExplained(stage, role, asked);
  const full = await outcome(stage, one, asking);
  const expected = storedOf(stage, file, one, full);
  const same = (lane: string, given: Outcome) =>
    expect(textOf(lane, one, given)).toBe(textOf(lane, one, expected));
  same('full path', full);
  expect(full.answer.startsWith('{"errors"')).toBe(kind === 'denied');
  for (const word of one.silent ?? []) expect(full.answer).not.toContain(word);
  for (const name of one.unnamed ?? []) expect(namesIn(role)).not.toContain(name);
  const hot = await outcome(stage, one, async () => (await askHot(role, asked)) ?? 'not planned');
  if (kind === 'allowed' || hot.answer !== 'not planned') same('hot lane', hot);
  if (kind === 'denied' || one.tables !== undefined) return;
  if (stage.naive !== null) {
    const answer = await ask(stage.naive.engine(session), asked);
    same('rows by statement instead of nested', { answer, left: undefined });
  }
  same('graphql-default names', { answer: await otherNames(stage, session, asked), left: undefined });
}

/** Runs an operation and compares its statements with the explanation. */
async function answerAsExplained({ sent }: Stage, role: RoleEngine, asked: Asked): Promise<string> {
  const explained = await explanationOf(role, asked);
  sent.length = 0;
  const answer = await ask(role, asked);
  if (explained !== null) expectExplained(explained, sent, answer);
  return answer;
}

/** The answer, and the rows after a write, as JSON texts. */
interface Outcome {
  readonly answer: string;
  readonly left: string | undefined;
}

/** Runs a case, then resets the tables. */
async function outcome({ instance }: Stage, one: TabledCase, run: () => Promise<string>): Promise<Outcome> {
  try {
    const answer = await run();
    const left =
      one.after === undefined ? undefined : await ask(instance.hasura, { query: one.after, variables: {} });
    return { answer, left };
  } finally {
    const [there, here] = [true, false].map((remote) =>
      (one.tables ?? []).filter((table) => table.startsWith('support.') === remote),
    );
    await instance.reset(here!);
    if (there!.length > 0) await instance.support.reset(there!.map((table) => table.replace('support.', '')));
  }
}

/** The expected outcome in the file. The first run on PostgreSQL stores it, as does UPDATE_CASES=1. */
function storedOf({ engine }: Stage, file: string, one: TabledCase, made: Outcome): Outcome {
  const complete = one.answer !== undefined && (one.after === undefined || one.left !== undefined);
  if (engine === 'postgres' && (updating || !complete) && process.env.CI !== 'true') {
    const left = made.left === undefined ? {} : { left: JSON.parse(made.left) as unknown };
    storeTabled(file, one.name, { answer: JSON.parse(made.answer) as unknown, ...left });
    return made;
  }
  if (!complete)
    throw new Error(`${file}: "${one.name}" has no answer: run it on postgres once, and read it.`);
  const left = one.after === undefined ? undefined : JSON.stringify(one.left);
  return { answer: JSON.stringify(one.answer), left };
}

function textOf(lane: string, { json, loose }: TabledCase, { answer, left }: Outcome): string {
  const shape = loose === true ? codesOnly : json === true ? sorted : null;
  const shown = shape === null ? answer : JSON.stringify(shape(JSON.parse(answer)));
  return `${lane}\n${shown}\n${left ?? ''}`;
}

/** Codes and paths only, for refusals whose message is the engine's own. */
function codesOnly(value: unknown): unknown {
  const { errors } = value as { errors: { extensions: { code: string; path: string } }[] };
  return errors.map(({ extensions: { code, path } }) => ({ code, path }));
}

async function otherNames(stage: Stage, session: Session, asked: Asked): Promise<string> {
  const [from, to] = [stage.roles.engine(session), stage.others.engine(session)];
  const renamer = renamerOf(from, to);
  const document = parse(asked.query);
  const renamed = {
    ...asked,
    query: rewritten(renamer.document(document)),
    variables: renamer.variables(document, asked.variables),
  };
  const text = await ask(to, renamed);
  return asked.query.includes('__typename') ? renamer.typeNames(text) : text;
}

const renamers = new WeakMap<RoleEngine, Renamer>();

function renamerOf(from: RoleEngine, to: RoleEngine): Renamer {
  let renamer = renamers.get(from);
  if (renamer === undefined) {
    renamer = new Renamer(from.options.schema, to.options.schema);
    renamers.set(from, renamer);
  }
  return renamer;
}

const named = new WeakMap<RoleEngine, Set<string>>();

/** Every name that introspection returns to the role. */
function namesIn(role: RoleEngine): Set<string> {
  let names = named.get(role);
  if (names === undefined) {
    const text = JSON.stringify(introspectionFromSchema(role.options.schema, { descriptions: false }));
    names = new Set([...text.matchAll(/"name":"([^"]*)"/g)].map((found) => found[1]!));
    named.set(role, names);
  }
  return names;
}
