// One measurement in a fresh process: large-schema-once.mjs CONFIGURATION TABLE COUNT; prints one line of JSON.
import { attachFile, documentOf, introspectionQuery, requestOf, settledHeap } from './engine.mjs';

const [file, table, count] = process.argv.slice(2);
await import('../dist/src/databases/postgres/index.js');
const empty = await settledHeap();
const seconds = (from, to) => Number(((to - from) / 1000).toFixed(2));
const started = performance.now();
const attached = await attachFile(file);
const cataloged = performance.now();
const engine = attached.graphs.engine('admin');
const graphed = performance.now();
const [{ tables }] = attached.graphs.catalog.sources.values();

if (tables.length !== Number(count)) throw new Error(`${tables.length} tables instead of ${count}`);
const query = `query ($id: Int!) { ${table}(where: {id: {_gt: $id}}, limit: 10) { id c0 c2 } }`;
engine.explain({ ...requestOf(query, { id: 1 }), document: documentOf(engine, query) });
const planned = performance.now();
const peak = Math.round(process.resourceUsage().maxRSS / 1024);
const heap = (await settledHeap()) - empty;
// Types are made when they are used first: this uses all of them, as a console that asks for the whole schema does.
const asked = performance.now();
const whole = requestOf(introspectionQuery, {});
const answer = await engine.execute({ ...whole, document: documentOf(engine, whole.query) });
if (answer.errors.length > 0) throw answer.errors[0];
const told = performance.now();
console.log(
  JSON.stringify({
    'introspection and catalog': seconds(started, cataloged),
    graph: seconds(cataloged, graphed),
    'first operation': seconds(graphed, planned),
    total: seconds(started, planned),
    'heap kept': Math.round(heap),
    'peak memory of the process': peak,
    'whole schema asked': seconds(asked, told),
    'its text MB': Math.round(answer.json.length / 2 ** 20),
    'heap with all types': Math.round((await settledHeap()) - empty),
  }),
);
await attached.close();
