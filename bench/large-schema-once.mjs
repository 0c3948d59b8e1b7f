// One measurement in a fresh process: large-schema-once.mjs CONFIGURATION TABLE COUNT; prints one line of JSON.
import { attachFile, documentOf, introspectionQuery, requestOf, settledHeap } from './engine.mjs';

const [file, table, count] = process.argv.slice(2);
await import('../dist/src/databases/postgres/index.js');
const empty = await settledHeap();
const seconds = (from, to) => Number(((to - from) / 1000).toFixed(2));
const started = performance.now();
const attached = await attachFile(file);
const cataloged = performance.now();
const engine = attached.graphs.engine();
const graphed = performance.now();
const [{ tables }] = attached.graphs.catalog.sources.values();

if (tables.length !== Number(count)) throw new Error(`${tables.length} tables instead of ${count}`);
const query = `query ($id: Int!) { ${table}(where: {id: {_gt: $id}}, limit: 10) { id c0 c2 } }`;
engine.explain({ ...requestOf(query, { id: 1 }), document: documentOf(engine, query) });
const planned = performance.now();
const peak = Math.round(process.resourceUsage().maxRSS / 1024);
const heap = (await settledHeap()) - empty;
// Types are built on first use. This query uses all of them, as a console does that loads the whole schema.
const whole = requestOf(introspectionQuery, {});
const document = documentOf(engine, whole.query);
const delays = watchDelays();
const asked = performance.now();
const answer = await engine.execute({ ...whole, document });
const received = performance.now();
const longest = await delays();
if (answer.errors.length > 0) throw answer.errors[0];
await engine.execute({ ...whole, document });
const again = performance.now() - received - longest.watched;
console.log(
  JSON.stringify({
    'introspection and catalog': seconds(started, cataloged),
    graph: seconds(cataloged, graphed),
    'first operation': seconds(graphed, planned),
    total: seconds(started, planned),
    'heap kept': Math.round(heap),
    'peak memory of the process': peak,
    'whole schema asked': seconds(asked, received),
    'longest wait of others ms': Math.round(longest.most),
    'asked again ms': Number(again.toFixed(2)),
    'its text MB': Math.round((answer.packed?.bytes ?? answer.json.length) / 2 ** 20),
    'packed MB': Number(((answer.packed?.packedBytes ?? answer.json.length) / 2 ** 20).toFixed(1)),
    'peak memory with it': Math.round(process.resourceUsage().maxRSS / 1024),
    'heap afterwards': Math.round((await settledHeap()) - empty),
  }),
);
await attached.close();

/** Measures the longest time that the event loop is blocked. Returns a function that ends the measurement. */
function watchDelays() {
  let [last, most, isOver] = [performance.now(), 0, false];
  const measure = () => {
    const now = performance.now();
    most = Math.max(most, now - last);
    last = now;
    if (!isOver) setImmediate(measure);
  };
  setImmediate(measure);
  return async () => {
    const started = performance.now();
    await new Promise(setImmediate);
    isOver = true;
    return { most, watched: performance.now() - started };
  };
}
