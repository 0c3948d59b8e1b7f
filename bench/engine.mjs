// Foz without its HTTP server, inside this process.
import { createRequire } from 'node:module';

import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { root } from './processes.mjs';

// graphql is loaded from Foz's own dependencies, since a schema only works with the copy of the library that built it.
const { getIntrospectionQuery, parse, validate, visit } = createRequire(join(root, 'package.json'))(
  'graphql',
);

const from = (path) => import(pathToFileURL(join(root, 'dist/src', path)).href);

/** The query that a console sends first: every type with its fields. */
export const introspectionQuery = getIntrospectionQuery();

/** Attaches the sources of a configuration file as the server does. */
export async function attachFile(file) {
  const [{ attach }, { loadConfig }] = await Promise.all([from('attach.js'), from('control/index.js')]);
  return attach(loadConfig(file), 'command');
}

/** A role engine with the options of `engine`, except for `changes`. */
export async function engineLike(engine, changes) {
  const { RoleEngine } = await from('execute/index.js');
  return new RoleEngine({ ...engine.options, ...changes });
}

/** A request in the form in which the HTTP server passes it on. */
export const requestOf = (query, variables) => ({
  query,
  operationName: null,
  variables,
  session: new Map(),
  signal: new AbortController().signal,
  timeoutMs: null,
});

/** Parses and validates as the server does for an operation without a cached plan. Throws the first error. */
export function documentOf(engine, query) {
  const document = parse(query);
  const [problem] = validate(engine.options.schema, document);
  if (problem !== undefined) throw problem;
  return document;
}

/** The number of fields in a document that have no selection. */
export function leavesOf(document) {
  let leaves = 0;
  visit(document, {
    Field({ selectionSet }) {
      if (selectionSet === undefined) leaves++;
    },
  });
  return leaves;
}

/** Used heap in MB after garbage collection; needs `--expose-gc`. */
export async function settledHeap() {
  for (let time = 0; time < 3; time++) {
    globalThis.gc();
    await setTimeout(10);
  }
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Median, 95th percentile and maximum. */
export function spread(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { median: at(0.5), p95: at(0.95), most: at(1) };
}
