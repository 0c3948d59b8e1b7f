// The load: wrk with one thread. A load generator in Node would use more of two cores than the server that it measures.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuOfEnded } from './processes.mjs';

/** Folder for scripts, configurations and profiles of a run. */
export const work = join(tmpdir(), 'foz-bench');
mkdirSync(work, { recursive: true });

/** The first number for inserted rows; each measurement uses a range of its own. */
export const firstFresh = 1_000_000;
let fresh = firstFresh;

/** A range of 100,000 numbers that no other measurement of this run uses. */
export function freshNumbers() {
  fresh += 100_000;
  return fresh;
}

const luaText = (text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** `variables`: [name, low, high] is a random whole number of each request, [name, 'fresh'] one that was never used. */
function script(body, variables) {
  const values = variables
    .map(([name, low, high]) => `"${name}":${low === 'fresh' ? '@fresh' : `@${low}:${high}`}`)
    .join(',');
  const parts = `${JSON.stringify(body).slice(0, -1)},"variables":{${values}}}`.split(/(@fresh|@\d+:\d+)/);
  const lua = parts.map((part) => {
    if (part === '@fresh') return 'next_number()';
    const range = /^@(\d+):(\d+)$/.exec(part);
    return range === null ? luaText(part) : `math.random(${range[1]}, ${range[2]})`;
  });
  return `local number = ${freshNumbers()}
local function next_number() number = number + 1; return number end
math.randomseed(number)
local headers = { ["content-type"] = "application/json", ["accept"] = "application/graphql-response+json, application/json" }
request = function() return wrk.format("POST", "/graphql", headers, ${lua.join(' .. ')}) end
done = function(summary, latency)
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
`;
}

/**
 * Sends one operation for some seconds. Latencies are in milliseconds; `client` is wrk's own CPU time per request in microseconds.
 */
export function shoot({ port, body, variables, seconds, connections }) {
  const file = join(work, 'request.lua');
  writeFileSync(file, script(body, variables));
  const before = cpuOfEnded();
  const output = execFileSync(
    'wrk',
    ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', file, `http://127.0.0.1:${port}`],
    { encoding: 'utf8' },
  );
  const [requests, duration, p50, p99, errors] = /RESULT (.+)/.exec(output)[1].split(' ').map(Number);
  if (requests === 0)
    throw new Error(`Nothing was answered within ${seconds} s: the machine is too busy for this measurement`);
  return {
    requests,
    perSecond: requests / (duration / 1e6),
    p50: p50 / 1000,
    p99: p99 / 1000,
    errors,
    client: ((cpuOfEnded() - before) * 1000) / requests,
  };
}

/** Random variables, drawn as wrk does. */
export function draw(variables) {
  return Object.fromEntries(
    variables.map(([name, low, high]) => [
      name,
      low === 'fresh' ? freshNumbers() : low + Math.floor(Math.random() * (high - low + 1)),
    ]),
  );
}
