/**
 * Evaluates JSONata on a thread of its own, one message after the other: an expression may compute without end, and cannot be stopped
 * otherwise than with its thread.
 */
import { parentPort } from 'node:worker_threads';
import jsonata from 'jsonata';

/** @typedef {{ readonly texts: readonly string[], readonly scope: string }} Call */

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
/** @type {Map<string, import('jsonata').Expression>} */
const compiled = new Map();
const mostCompiled = 1_000;

/** @param {string} text */
function compile(text) {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  if (compiled.size >= mostCompiled) compiled.clear();
  const expression = jsonata(text);
  compiled.set(text, expression);
  return expression;
}

port.on('message', async (/** @type {Call} */ { texts, scope }) => {
  let text = '';
  try {
    const bindings = JSON.parse(scope);
    const values = [];
    for (text of texts) {
      const value = await compile(text).evaluate(bindings);
      values.push(JSON.stringify(value ?? null) ?? 'null');
    }
    port.postMessage({ values });
  } catch (error) {
    const { message, code } = /** @type {{ message?: string, code?: string }} */ (error);
    port.postMessage({ error: `${message ?? String(error)}${code === undefined ? '' : ` (${code})`}`, text });
  }
});

port.postMessage({ ready: true });
