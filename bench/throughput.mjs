// Contestants take turns: A B C D, A B C D, ... Every figure is the median of the rounds.
import { checkAlike } from './alike.mjs';
import { bodyOf, startContestants } from './contestants.mjs';
import { timeStatements } from './cross.mjs';
import { clean, load } from './data.mjs';
import { firstFresh, shoot } from './load.mjs';
import { crossOperations, operations } from './operations.mjs';
import { options } from './options.mjs';
import { cpuOf, endProcess, peakMemory } from './processes.mjs';
import { processOf } from './servers.mjs';
import { printTable } from './table.mjs';

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** One measurement. CPU time in microseconds per request; `null`: the database's process cannot be inspected. */
function measure(contestant, body, operation, databases) {
  const own = cpuOf([contestant.child.pid]);
  const theirs = cpuOf(databases);
  const shot = shoot({ ...options, port: contestant.port, body, variables: operation.variables });
  const each = (milliseconds) => (milliseconds * 1000) / shot.requests;
  return {
    ...shot,
    cpu: each(cpuOf([contestant.child.pid]) - own),
    databaseCpu: databases.length === 0 ? null : each(cpuOf(databases) - theirs),
  };
}

function summary(engine, name, contestant, shots) {
  const of = (key) => median(shots.map((shot) => shot[key]));
  const rates = shots.map((shot) => shot.perSecond);
  return {
    engine,
    operation: name,
    contestant,
    perSecond: of('perSecond'),
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    p50: of('p50'),
    p99: of('p99'),
    cpu: of('cpu'),
    databaseCpu: of('databaseCpu'),
    clientCpu: of('client'),
    errors: shots.reduce((sum, { errors }) => sum + errors, 0),
  };
}

/** All rounds of one operation, as one row per contestant. */
function rounds(engine, name, operation, contestants, databases) {
  const shots = new Map();
  const able = contestants.flatMap((contestant) => {
    const body = bodyOf(contestant.name, name, operation);
    return body === undefined ? [] : [{ contestant, body }];
  });
  for (const { contestant, body } of able)
    shoot({
      ...options,
      seconds: Math.min(2, options.seconds),
      port: contestant.port,
      body,
      variables: operation.variables,
    });
  for (let round = 0; round < options.rounds; round++)
    for (const { contestant, body } of able) {
      const shot = measure(contestant, body, operation, databases);
      shots.set(contestant.name, [...(shots.get(contestant.name) ?? []), shot]);
    }
  return [...shots].map(([contestant, list]) => summary(engine, name, contestant, list));
}

/** Compares one request at a time with the sum of the times of its statements alone, in turns. */
async function crossRatio(name, operation, contestants, urls) {
  const found = { statements: [], floor: [], foz: [] };
  for (let round = 0; round < Math.max(3, options.rounds); round++) {
    const each = await timeStatements(urls[0], urls[1], 200);
    found.statements.push(each.lines + each.orders + each.customers);
    for (const { name: who, port } of contestants.filter(({ name }) => name in found)) {
      const body = bodyOf(who, name, operation);
      found[who].push(
        shoot({
          port,
          body,
          variables: operation.variables,
          seconds: Math.min(2, options.seconds),
          connections: 1,
        }).p50,
      );
    }
  }
  const times = Object.fromEntries(Object.entries(found).map(([key, list]) => [key, median(list)]));
  const shown = Object.entries(times).map(([who, ms]) => `${who} ${ms?.toFixed(2)} ms`);
  console.log(
    `One request at a time: ${shown.join(', ')}; Foz / statements ${(times.foz / times.statements).toFixed(2)}\n`,
  );
  return { operation: name, ...times, ratio: times.foz / times.statements };
}

/** Measures all operations on one engine. `cross` joins PostgreSQL with MySQL. */
export async function benchEngine(engine, servers) {
  const used = engine === 'cross' ? ['postgres', 'mysql'] : [engine];
  const wanted = Object.entries(engine === 'cross' ? crossOperations : operations).filter(([name]) =>
    options.wantsOperation(name),
  );
  if (wanted.length === 0) return { rows: [], problems: [] };
  const urls = [];
  for (const each of used) urls.push(await load(each, servers[each]));
  const databases = used.map((each) => processOf(servers[each])).filter((pid) => pid !== undefined);
  const contestants = await startContestants(engine, urls);
  const result = { rows: [], problems: [] };
  try {
    for (const [name, operation] of wanted) {
      try {
        await checkAlike(engine, name, operation, contestants);
        const rows = rounds(engine, name, operation, contestants, databases);
        printTable(rows);
        result.rows.push(...rows);
        if (engine === 'cross' && !options.profile)
          result.join = await crossRatio(name, operation, contestants, urls);
      } catch (error) {
        console.log(`${engine}: ${name}: NOT MEASURED. ${error.message}\n`);
        result.problems.push({ operation: name, message: error.message });
        process.exitCode = 1;
      }
    }
    result.memory = Object.fromEntries(contestants.map(({ name, child }) => [name, peakMemory(child.pid)]));
    console.log(
      `Peak memory on ${engine}: ${Object.entries(result.memory)
        .map(([who, mb]) => `${who} ${mb} MB`)
        .join(', ')}\n`,
    );
  } finally {
    await Promise.all(contestants.map(({ child }) => endProcess(child)));
    for (const [index, each] of used.entries()) await clean(each, urls[index], firstFresh);
  }
  return result;
}
