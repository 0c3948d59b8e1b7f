import { parseArgs } from 'node:util';

const help = `npm run bench -- [options]                 requests per second against the floor and the peers
npm run bench -- planning                  what planning costs, and what a planned operation costs Foz itself
npm run bench -- schema [--tables 1000,5000]   introspection, catalog and graph of large databases (PostgreSQL)
npm run bench -- identify                  what it costs to tell who is asking
npm run bench -- soak [--requests 200000]      heap over many requests of 5,000 distinct operations
npm run bench -- live [--subscribers 5000]      live queries on PostgreSQL: the delay of answers, CPU and memory
npm run bench -- capture [--rows 200000]   change capture alone: row changes per second, and the delay from a commit
npm run bench -- work [--runs 10000]       durable work: runs, deliveries, kills, delay, sync; --operation TEXT picks some;
                                           --rows N: of the sync (1,000,000)
npm run bench -- abuse                     what clients and long answers can do to the process, and the memory it takes;
                                           --operation TEXT picks scenarios

--engine NAME       postgres, mysql, mariadb or cross (PostgreSQL joined with MySQL); capture: sqlite, too; may be repeated
--operation TEXT    only operations whose name contains TEXT; may be repeated
--contestant NAME   floor, apollo, postgraphile, foz; may be repeated; the floor always takes part
--rounds N          measured rounds, contestants take turns (5)
--seconds N         length of one measurement (5)
--connections N     concurrent connections (32)
--before DIR        Foz of another checkout (built, with its packages) takes part as the contestant "before"
--one-node          all contestants on the Node that PostGraphile 5 needs, not just PostGraphile
--quick             one short round on PostgreSQL and across sources; about a minute
--profile           Foz (or one --contestant) under the CPU profiler; prints the functions that take most time themselves
--markdown FILE     puts the table between the marks "<!-- bench -->" and "<!-- /bench -->" of FILE

Servers: FOZ_BENCH_POSTGRES_URL, FOZ_BENCH_MYSQL_URL, FOZ_BENCH_MARIADB_URL (a server, without a database), else servers
that "node scripts/servers.mjs start" keeps; what is missing is started that way, and stays for the next run.
The load comes from wrk ("apt-get install wrk").`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', multiple: true },
    operation: { type: 'string', multiple: true },
    contestant: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: '32' },
    tables: { type: 'string', default: '1000,2000,3000,4000,5000' },
    requests: { type: 'string', default: '200000' },
    rows: { type: 'string' },
    runs: { type: 'string', default: '10000' },
    subscribers: { type: 'string', default: '5000' },
    before: { type: 'string' },
    'one-node': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    markdown: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}

/** The options of the command line, with defaults. */
export const options = {
  ...values,
  mode: positionals[0] ?? 'throughput',
  engines:
    values.engine ??
    (values.quick || values.profile ? ['postgres', 'cross'] : ['postgres', 'mysql', 'mariadb', 'cross']),
  rounds: Number(values.rounds ?? (values.quick || values.profile ? 1 : 5)),
  seconds: Number(values.seconds ?? (values.quick ? 1 : 5)),
  connections: Number(values.connections),
  poolSize: 10,
  wantsOperation: (name) =>
    values.operation === undefined || values.operation.some((text) => name.includes(text)),
  wantsContestant: (name) =>
    values.profile
      ? (values.contestant ?? ['foz']).includes(name)
      : name === 'floor' || values.contestant === undefined || values.contestant.includes(name),
};
