import { join } from 'node:path';
import { flushOutput, guardOutput } from '../app/index.ts';
import { connect } from '../attach.ts';
import {
  ConfigError,
  type FozConfig,
  hookIssues,
  keysOfNothing,
  parsePort,
  type ReadConfig,
  readConfig,
  rolesWithoutPermissions,
  workflowIssues,
} from '../control/index.ts';
import { FozError } from '../core/index.ts';
import { prepareDemo } from '../demo/index.ts';
import { type Started, start } from '../main.ts';
import { linesOf } from '../views/index.ts';
import { endWithin } from './end-within.ts';
import { type FoundIssue, issuePlaces, type Place, placeText } from './issue-places.ts';
import { issueLines } from './issues.ts';
import { Progress } from './progress.ts';

interface Options {
  readonly config: string;
  readonly demo?: boolean;
  readonly port?: string;
}

/** The most changes of the graph that a start prints. */
const mostChanges = 20;

/** The most milliseconds that a stop takes. Running requests may use ten seconds of them. */
const stopMs = 30_000;

/** `foz serve`: runs until SIGINT or SIGTERM, then lets running requests finish. The process ends within `stopMs`. */
export async function serve(options: Options): Promise<void> {
  guardOutput();
  const given = portOf('--port', options.port);
  const { config, samples, read } = options.demo === true ? await demo() : configured(options.config);
  const port = given ?? config.server?.port ?? portOf('The environment variable PORT', process.env.PORT);
  const progress = new Progress((text) => console.error(text));
  const server = await start(
    { ...config, server: { ...config.server, ...(port === undefined ? {} : { port }) } },
    { samples, onStage: (stage) => progress.stage(stage) },
  ).finally(() => progress.end());
  logUncaught(server.logger);
  const placeOf =
    read === null ? () => ({}) : issuePlaces(options.config, read, config, server.attached.graphs);
  announce(server, config, options.demo === true, placeOf);
  let stopping = false;
  const stop = async () => {
    if (stopping) process.exit(1);
    stopping = true;
    console.log('Stopping: running requests may finish. Once more to stop at once.');
    await endWithin(stopMs);
    await server.close();
    await flushOutput(1_000);
    process.exit(0);
  };
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => void stop());
}

/** Prints where Foz listens, and what needs attention. */
function announce(
  server: Started,
  config: FozConfig,
  isDemo: boolean,
  placeOf: (issue: FoundIssue) => Place,
): void {
  for (const { name, status } of server.attached.registry.sources) {
    if (status.state === 'unavailable')
      console.error(`Source ${name} is unavailable and is tried again and again: ${status.reason}`);
  }
  const { newAdminSecret, isProvisional, auth } = server.authentication;
  const host = config.server?.host ?? '127.0.0.1';
  if (auth === null && !/^(?:127\.|localhost$|::1$)/.test(host))
    console.error(
      `Whoever can reach ${host} may do everything: put an "auth" part into the configuration, even an empty one.`,
    );
  if (newAdminSecret !== null)
    console.log(`\n  Admin secret, shown only now (header x-foz-admin-secret):  ${newAdminSecret}`);
  if (isProvisional)
    console.error(
      'The store could not be asked yet whether there is an admin secret already. If there is, that one counts, and not this one.',
    );
  if (server.unread.length > 0)
    console.error(
      `The store was not read yet (${server.unread.join(', ')}), and is asked again and again. Until then requests are refused, and /readyz answers 503.`,
    );
  const { graphs } = server.attached;
  const { metadata } = graphs;
  const errors = [
    ...graphs.issues,
    ...workflowIssues(metadata),
    ...hookIssues(metadata, graphs.variables),
  ].filter(({ severity }) => severity === 'error');
  const lines = issueLines(errors, (issue) => `${placeText(placeOf(issue))}${issue.where}: ${issue.reason}`, {
    all: false,
    seeAll: '"foz check --all" lists each.',
    hasCause: server.attached.registry.sources.some(({ status }) => status.state === 'unavailable'),
  });
  for (const line of lines) console.error(line);
  if (server.changedSince !== null) {
    console.error('The graph has changed since the last start:');
    for (const line of linesOf(server.changedSince.changes, mostChanges)) console.error(`  ${line}`);
  }
  const secret = isDemo ? config.server?.admin_secret : undefined;
  const control =
    secret === undefined
      ? ''
      : `  Control API:   ${server.url}control/graphql  (header x-foz-admin-secret: ${secret})\n`;
  const sayReady = () =>
    console.log(`\n  Foz is ready:  ${server.url}\n  GraphQL:       ${server.url}graphql\n${control}`);
  if (server.unread.length > 0) console.log(`\n  Foz listens on ${server.url}, and is not ready yet.\n`);
  void server.whenRead().then(() => {
    warnOfKeys(server, config, placeOf);
    sayReady();
  });
}

/** Prints the roles and scopes in the configuration that match nothing. Called once the store was read (`whenRead`), since it may hold their permissions. */
function warnOfKeys(
  { attached: { graphs } }: Started,
  config: FozConfig,
  placeOf: (issue: FoundIssue) => Place,
): void {
  for (const issue of [
    ...rolesWithoutPermissions(config, graphs.metadata),
    ...keysOfNothing(config, graphs.catalog),
  ])
    console.error(`${placeText(placeOf(issue))}${issue.where}: ${issue.reason}`);
}

function portOf(what: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = parsePort(text);
  if (port !== undefined) return port;
  throw new FozError(
    'validation-failed',
    `${what} must be a number from 0 (a free port) to 65535, not "${text}".`,
  );
}

/** The last resort: logs an uncaught error instead of ending the process, so that other requests go on. */
function logUncaught(logger: Pick<Started['logger'], 'error'>): void {
  process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
    // A failed write is not logged, since the log itself may be what cannot be written.
    if (error.syscall !== 'write') logger.error({ err: error }, 'uncaught');
  });
  process.on('unhandledRejection', (reason) => logger.error({ err: reason }, 'uncaught'));
}

/** The configuration of a server, and the configuration file that it comes from. */
interface Served {
  readonly config: FozConfig;
  readonly samples: readonly unknown[];
  /** `null`: the demo, which has no file. */
  readonly read: ReadConfig | null;
}

/** Reads a configuration file. Throws ConfigError where it has problems. */
function configured(file: string): Served {
  const read = readConfig(file);
  if (read.config === null || read.problems.length > 0) throw new ConfigError(read.problems);
  return { config: read.config, samples: [], read };
}

async function demo(): Promise<Served> {
  const folder = join('.foz', 'demo');
  const { sources, metadata, samples, adminSecret } = await prepareDemo(folder, connect, (text) =>
    console.log(text),
  );
  const server = { admin_secret: adminSecret };
  return { config: { sources, metadata, state: join(folder, 'state'), server }, samples, read: null };
}
