// Foz's own time: planning a new operation of 60 fields, and everything around the database for one that is planned.
// The database is asked once for its catalog; afterwards its answers are canned, so that only this process is measured.
// The very module that Foz uses.

import { attach } from '../dist/src/main.js';
import { parse, validate } from '../node_modules/graphql/index.js';

/** Prints medians. `url`: a PostgreSQL database made by data.mjs. */
export async function planning(url) {
  const attached = await attach({
    state: '/tmp/foz-bench/planning-state',
    sources: [{ name: 'main', kind: 'postgres', url }],
  });
  const engine = attached.graphs.engine('admin');
  const [{ connector }] = attached.registry.sources;
  const fields = (depth) =>
    `id status total placed_at customer { id name email city balance }${depth > 0 ? ` order_lines(limit: 10, order_by: {id: asc}) { id quantity price product { id name price } order { ${fields(depth - 1)} } }` : ''}`;
  const text = (alias) =>
    `query ($id: Int!, $min: numeric!) { ${alias}: orders(where: {customer_id: {_eq: $id}, total: {_gt: $min}}, order_by: [{total: desc}], limit: 20) { ${fields(3)} } }`;
  const count = [...text('a').matchAll(/\b\w+\b(?=[^()]*(?:\{|\}| ))/g)].length;
  const request = (query) => ({
    query,
    operationName: null,
    variables: { id: 7, min: '10.5' },
    session: new Map(),
    signal: new AbortController().signal,
    timeoutMs: null,
  });
  const times = { parse: [], validate: [], plan: [] };
  for (let number = 0; number < 400; number++) {
    const query = text(`a${number}`);
    const t0 = performance.now();
    const document = parse(query);
    const t1 = performance.now();
    validate(engine.options.schema, document);
    const t2 = performance.now();
    engine.explain({ ...request(query), document });
    const t3 = performance.now();
    if (number < 50) continue;
    times.parse.push(t1 - t0);
    times.validate.push(t2 - t1);
    times.plan.push(t3 - t2);
  }
  const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
  console.log(
    `a new operation (${count} words): parse ${median(times.parse).toFixed(2)} ms, validate ${median(times.validate).toFixed(2)} ms, plan and compile ${median(times.plan).toFixed(2)} ms`,
  );

  const query = 'query ($id: Int!) { orders_by_pk(id: $id) { id customer_id status placed_at total } }';
  const { rows } = await connector.run(
    { text: "select '7', '1', 'paid', '2024-01-01 00:00:00', '12.50'", slots: [] },
    [],
    { signal: new AbortController().signal, timeoutMs: null },
  );
  const answer = Promise.resolve({ rows, affected: 0 });
  connector.run = () => answer;
  const asked = request(query);
  await engine.execute({ ...asked, document: parse(query) });
  const rounds = 400_000;
  for (let warm = 0; warm < 50_000; warm++) await engine.cached({ ...asked, variables: { id: warm } });
  const before = process.cpuUsage();
  for (let number = 0; number < rounds; number++)
    await engine.cached({ ...asked, variables: { id: number } });
  const used = process.cpuUsage(before);
  console.log(
    `a planned one: ${((used.user + used.system) / rounds).toFixed(2)} us of CPU (engine only, without HTTP and database)`,
  );
  await attached.close();
}

await planning(process.argv[2]);
