// One measurement in a fresh process: large-schema-once.mjs CONFIGURATION TABLE; prints one line of JSON.
import { attachFile, documentOf, requestOf, settledHeap } from './engine.mjs';

const [file, table] = process.argv.slice(2);
await import('../dist/src/databases/postgres/index.js');
const empty = await settledHeap();
const seconds = (from, to) => Number(((to - from) / 1000).toFixed(2));
const started = performance.now();
const attached = await attachFile(file);
const cataloged = performance.now();
const engine = attached.graphs.engine('admin');
const graphed = performance.now();
const query = `query ($id: Int!) { ${table}(where: {id: {_gt: $id}}, limit: 10) { id c0 c2 } }`;
engine.explain({ ...requestOf(query, { id: 1 }), document: documentOf(engine, query) });
const planned = performance.now();
const peak = Math.round(process.resourceUsage().maxRSS / 1024);
const heap = (await settledHeap()) - empty;
console.log(
  JSON.stringify({
    'introspection and catalog': seconds(started, cataloged),
    graph: seconds(cataloged, graphed),
    'first operation': seconds(graphed, planned),
    total: seconds(started, planned),
    'heap kept': Math.round(heap),
    'peak memory of the process': peak,
  }),
);
await attached.close();
