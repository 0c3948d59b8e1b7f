// The cost of a new operation of 60 fields until its SQL is compiled, and Foz's own cost of an operation with a cached plan.
import { writeConfiguration } from './contestants.mjs';
import { load } from './data.mjs';
import { attachFile, documentOf, engineLike, leavesOf, requestOf, spread } from './engine.mjs';
import { operations } from './operations.mjs';
import { findServers } from './servers.mjs';

/**
 * An operation with 60 leaf fields over four tables, with six levels of conditions, orders and pages. Each `number` gives another
 * operation.
 */
export function sixtyFields(number) {
  const line = (at) =>
    `l${at}_${number}: order_lines(where: {quantity: {_gt: ${at}}}, order_by: {id: asc}, limit: 5) { id order_id product_id quantity price product { id name price } }`;
  const order = (at) =>
    `o${at}_${number}: orders(where: {status: {_in: ["paid", "placed"]}, total: {_gt: "${at}"}}, order_by: [{placed_at: desc}, {id: asc}], limit: 5) { id customer_id status placed_at total ${line(1)} ${line(2)} }`;
  return `query ($from: Int!) { customers(where: {id: {_gt: $from}, _or: [{city: {_eq: "oslo"}}, {balance: {_lt: "${number}"}}]}, order_by: {id: asc}, limit: 10) { id name email city balance ${order(1)} ${order(2)} } c${number}: customers_aggregate(where: {city: {_neq: "lyon"}}) { aggregate { count sum { balance } avg { balance } min { balance } max { balance } } } p${number}: products(order_by: {id: asc}, limit: 3) { id name price } by${number}: orders_by_pk(id: ${number}) { id customer_id status placed_at total } }`;
}

function timeNew(engine, runs) {
  const parts = { 'parse and validate': [], 'plan and SQL': [], total: [] };
  for (let number = 1; number <= runs + 100; number++) {
    const query = sixtyFields(number);
    const started = performance.now();
    const document = documentOf(engine, query);
    const parsed = performance.now();
    engine.explain({ ...requestOf(query, { from: number }), document });
    const ended = performance.now();
    if (number <= 100) continue;
    parts['parse and validate'].push(parsed - started);
    parts['plan and SQL'].push(ended - parsed);
    parts.total.push(ended - started);
  }
  return parts;
}

/**
 * A connector that queries the database once and then returns the same answer immediately, so that only Foz's own time is measured.
 */
function repeating(connector) {
  const answers = new Map();
  const run = async (statement, values, context) => {
    if (!answers.has(statement.text))
      answers.set(statement.text, await connector.run(statement, values, context));
    return answers.get(statement.text);
  };
  return new Proxy(connector, {
    get(target, name) {
      if (name === 'run') return run;
      const value = target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function timePlanned(engine, name, { foz, variables }, runs) {
  const [key, low, high] = variables[0];
  const values = (at) =>
    Object.fromEntries([
      [key, low + (at % (high - low))],
      ...variables.slice(1).map(([other, from]) => [other, from]),
    ]);
  const first = requestOf(foz, values(0));
  const answer = await engine.execute({ ...first, document: documentOf(engine, foz) });
  if (answer.errors.length > 0) throw answer.errors[0];
  const batches = [];
  for (let batch = 0; batch < 12; batch++) {
    const before = process.cpuUsage();
    let answered = 0;
    for (let at = 0; at < runs; at++)
      if ((await engine.cached({ ...first, variables: values(at) }))?.kind === 'data') answered++;
    if (answered !== runs) throw new Error(`${name}: only ${answered} of ${runs} requests found their plan`);
    const { user, system } = process.cpuUsage(before);
    if (batch >= 2) batches.push((user + system) / runs);
  }
  return { name, ...spread(batches) };
}

export async function run() {
  const servers = findServers(['postgres']);
  const url = await load('postgres', servers.postgres);
  const attached = await attachFile(writeConfiguration('postgres', [url], 0));
  try {
    const engine = attached.graphs.engine();
    const fields = leavesOf(documentOf(engine, sixtyFields(1)));
    console.log(`A new operation of ${fields} fields on PostgreSQL, 500 different ones, milliseconds:`);
    for (const [part, list] of Object.entries(timeNew(engine, 500))) {
      const { median, p95, most } = spread(list);
      console.log(
        `  ${part.padEnd(20)} median ${median.toFixed(2)}  p95 ${p95.toFixed(2)}  most ${most.toFixed(2)}`,
      );
    }
    console.log(
      '\nA planned operation, CPU of Foz without HTTP, driver and database, microseconds (median of 10 batches):',
    );
    const connectors = new Map();
    const connectorOf = (source) => {
      if (!connectors.has(source)) connectors.set(source, repeating(engine.options.connectorOf(source)));
      return connectors.get(source);
    };
    const alone = await engineLike(engine, { connectorOf });
    for (const [name, operation] of Object.entries(operations).filter(
      ([, { foz }]) => typeof foz === 'string' && !foz.startsWith('mutation'),
    )) {
      const { median, most } = await timePlanned(alone, name, operation, 2000);
      console.log(`  ${name.padEnd(26)} ${median.toFixed(1).padStart(7)}  (most ${most.toFixed(1)})`);
    }
  } finally {
    await attached.close();
  }
}
