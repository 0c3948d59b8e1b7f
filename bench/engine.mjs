// Foz without its HTTP front, inside this process.
import { createRequire } from 'node:module';

import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { root } from './processes.mjs';

// Foz's own copy: a schema is only known to the copy that made it.
const { getIntrospectionQuery, parse, validate, visit } = createRequire(join(root, 'package.json'))(
  'graphql',
);

const from = (path) => import(pathToFileURL(join(root, 'dist/src', path)).href);

/** What a console asks first: every type with its fields. */
export const introspectionQuery = getIntrospectionQuery();

/** Attaches the sources of a configuration file as the server does. */
export async function attachFile(file) {
  const [{ attach }, { loadConfig }] = await Promise.all([from('main.js'), from('control/index.js')]);
  return attach(loadConfig(file));
}

/** A role engine like `engine`, with room for `cacheSize` operations, on other connectors. */
export async function engineLike(engine, changes) {
  const { RoleEngine } = await from('execute/index.js');
  return new RoleEngine({ ...engine.options, ...changes });
}

/** A request as the HTTP front makes it. */
export const requestOf = (query, variables) => ({
  query,
  operationName: null,
  variables,
  session: new Map(),
  signal: new AbortController().signal,
  timeoutMs: null,
});

/** Parses and validates as the full path does; throws the first problem. */
export function documentOf(engine, query) {
  const document = parse(query);
  const [problem] = validate(engine.options.schema, document);
  if (problem !== undefined) throw problem;
  return document;
}

/** Fields of a document that have no selection of their own. */
export function leavesOf(document) {
  let leaves = 0;
  visit(document, {
    Field({ selectionSet }) {
      if (selectionSet === undefined) leaves++;
    },
  });
  return leaves;
}

/** Heap in MB after collections; needs `--expose-gc`. */
export async function settledHeap() {
  for (let time = 0; time < 3; time++) {
    globalThis.gc();
    await setTimeout(10);
  }
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Middle, 95th and highest of some numbers. */
export function spread(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { median: at(0.5), p95: at(0.95), most: at(1) };
}
