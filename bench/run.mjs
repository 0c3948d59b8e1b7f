// Runs Foz against the floor, interleaved, and prints medians. See --help.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load } from './data.mjs';
import { operations } from './operations.mjs';

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true },
    operation: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '32' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(`npm run bench -- [--engine postgres] [--operation "by key"] [--rounds 5] [--seconds 5] [--connections 32] [--quick]

Servers: FOZ_BENCH_POSTGRES_URL, FOZ_BENCH_MYSQL_URL, FOZ_BENCH_MARIADB_URL (a server, without a database).
"node scripts/servers.mjs start" starts them and prints their URLs. Load comes from wrk, which must be installed.`);
  process.exit(0);
}
const rounds = options.quick ? 3 : Number(options.rounds);
const seconds = options.quick ? 2 : Number(options.seconds);
const wanted = Object.entries(operations).filter(
  ([name]) => options.operation === undefined || options.operation.includes(name),
);
const root = new URL('..', import.meta.url).pathname;
const work = join(tmpdir(), 'foz-bench');
mkdirSync(work, { recursive: true });

/** Processes of a contestant: started, measured, ended. */
async function start(args, ready, environment = {}) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production', ...environment },
  });
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (data) => String(data).includes(ready) && resolve());
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}`)));
  });
  return child;
}

/** User and system time of a process in milliseconds. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
const memoryOf = (pid) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

function script(name, contestant) {
  const { query, variables } = operations[name];
  const values = variables
    .map(([key, low, high]) => `\\"${key}\\":" .. math.random(${low}, ${high}) .. "`)
    .join(',');
  const head =
    contestant === 'foz'
      ? `\\"query\\":${JSON.stringify(JSON.stringify(query)).slice(1, -1)}`
      : `\\"operation\\":\\"${name}\\"`;
  const file = join(work, `${contestant}-${name.replaceAll(/\W+/g, '-')}.lua`);
  writeFileSync(
    file,
    `math.randomseed(os.time() + ${process.pid})
request = function() return wrk.format("POST", "/graphql", { ["content-type"] = "application/json" }, "{${head},\\"variables\\":{${values}}}") end
local failed = 0
response = function(status) if status ~= 200 then failed = failed + 1 end end
done = function(summary, latency)
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), summary.errors.status))
end`,
  );
  return file;
}

function shoot(port, file) {
  const output = execFileSync(
    'wrk',
    ['-t1', `-c${options.connections}`, `-d${seconds}s`, '-s', file, `http://127.0.0.1:${port}`],
    { encoding: 'utf8' },
  );
  const [, requests, duration, p50, p99, errors] = /RESULT (\d+) (\d+) (\d+) (\d+) (\d+)/
    .exec(output)
    .map(Number);
  return { requests, perSecond: requests / (duration / 1e6), p50: p50 / 1000, p99: p99 / 1000, errors };
}

async function answer(port, name, contestant, variables) {
  const body =
    contestant === 'foz' ? { query: operations[name].query, variables } : { operation: name, variables };
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(body),
  });
  return response.text();
}

const canonical = (value) =>
  JSON.stringify(value, (_, item) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

async function benchEngine(engine, server) {
  const url = await load(engine, server);
  const config = join(work, `${engine}.yaml`);
  writeFileSync(
    config,
    `state: ${join(work, `${engine}-state`)}\nserver: { port: 9301 }\nsources:\n  - { name: main, kind: ${engine}, url: "${url}", pool: { max: 10 } }\n`,
  );
  const contestants = {
    floor: { port: 9300, child: await start(['bench/floor.mjs', engine, url, '9300'], 'ready') },
    foz: {
      port: 9301,
      child: await start(['bin/foz.js', 'serve', '--config', config], 'Foz is ready', {
        FOZ_LOG_LEVEL: 'warn',
      }),
    },
  };
  const table = [];
  try {
    for (const [name, { write, variables }] of wanted) {
      const sample = Object.fromEntries(
        variables.map(([key, low, high]) => [
          key,
          write === true ? 2147483000 - Math.floor(Math.random() * 1e6) * 2 : Math.floor((low + high) / 2),
        ]),
      );
      const answers = await Promise.all(
        Object.entries(contestants).map(async ([who, { port }]) => [
          who,
          await answer(port, name, who, who === 'foz' && write ? { ...sample, id: sample.id - 1 } : sample),
        ]),
      );
      const parsed = answers.map(([, text]) =>
        canonical(JSON.parse(text)).replaceAll(/"id":\d+/g, write ? '"id":0' : '$&'),
      );
      if (new Set(parsed).size > 1)
        throw new Error(
          `the answers to "${name}" differ:\n${answers.map(([who, text]) => `${who}: ${text.slice(0, 400)}`).join('\n')}`,
        );
      const results = { floor: [], foz: [] };
      for (let round = -1; round < rounds; round++) {
        for (const [who, { port, child }] of Object.entries(contestants)) {
          const before = cpuOf(child.pid);
          const shot = shoot(port, script(name, who));
          if (round >= 0)
            results[who].push({ ...shot, cpu: ((cpuOf(child.pid) - before) * 1000) / shot.requests });
        }
      }
      const of = (who, key) => median(results[who].map((result) => result[key]));
      const rates = results.foz.map((result) => result.perSecond);
      table.push({
        operation: name,
        floor: Math.round(of('floor', 'perSecond')),
        foz: Math.round(of('foz', 'perSecond')),
        spread: `${Math.round(Math.min(...rates))}-${Math.round(Math.max(...rates))}`,
        ratio: Number((of('foz', 'perSecond') / of('floor', 'perSecond')).toFixed(2)),
        'p50 ms': of('foz', 'p50').toFixed(2),
        'p99 ms': of('foz', 'p99').toFixed(2),
        'p99/floor': Number((of('foz', 'p99') / of('floor', 'p99')).toFixed(2)),
        'cpu us': Math.round(of('foz', 'cpu')),
        'floor cpu us': Math.round(of('floor', 'cpu')),
        errors: results.foz.reduce((sum, result) => sum + (write ? 0 : result.errors), 0),
      });
      console.log(engine, JSON.stringify(table.at(-1)));
    }
    console.log(`peak memory of Foz: ${Math.round(memoryOf(contestants.foz.child.pid))} MB`);
  } finally {
    for (const { child } of Object.values(contestants)) child.kill();
  }
  return table;
}

const servers = {
  postgres: process.env.FOZ_BENCH_POSTGRES_URL,
  mysql: process.env.FOZ_BENCH_MYSQL_URL,
  mariadb: process.env.FOZ_BENCH_MARIADB_URL,
};
const report = {};
for (const [engine, server] of Object.entries(servers)) {
  if (options.engine !== undefined && !options.engine.includes(engine)) continue;
  if (server === undefined) {
    console.log(`${engine}: not run, FOZ_BENCH_${engine.toUpperCase()}_URL is not set (see --help)`);
    continue;
  }
  report[engine] = await benchEngine(engine, server);
  console.table(report[engine]);
}
mkdirSync(new URL('results', import.meta.url), { recursive: true });
writeFileSync(
  new URL(`results/${new Date().toISOString().slice(0, 10)}.json`, import.meta.url),
  `${JSON.stringify({ node: process.version, rounds, seconds, report }, null, 2)}\n`,
);
