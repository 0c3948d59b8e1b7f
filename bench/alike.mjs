// Before anything is measured, all contestants must give the same answer to each operation.
import { bodyOf } from './contestants.mjs';
import { draw } from './load.mjs';

async function ask(port, body) {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      connection: 'close',
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status !== 200 || JSON.parse(text).errors !== undefined)
    throw new Error(`status ${response.status}: ${text.slice(0, 600)}`);
  return JSON.parse(text).data;
}

/** An answer in a form that is equal for equal answers: fields are sorted; rows too, if `anyOrder` is set. */
function canonical(value, rules) {
  if (Array.isArray(value)) {
    const items = value.map((item) => JSON.stringify(canonical(item, rules)));
    return rules.anyOrder ? items.sort() : items;
  }
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.keys(value).sort();
  return Object.fromEntries(
    fields.map((name) => [name, rules.fresh && name === 'id' ? 0 : canonical(value[name], rules)]),
  );
}

/** Throws unless all contestants that support the operation give the same answer, for `times` sets of variables. */
export async function checkAlike(engine, name, operation, contestants, times = 5) {
  const fresh = operation.variables.some(([, low]) => low === 'fresh');
  for (let time = 0; time < times; time++) {
    const variables = draw(operation.variables);
    const answers = [];
    for (const { name: who, port } of contestants) {
      const body = bodyOf(who, name, operation);
      if (body === undefined) continue;
      const sent = fresh ? draw(operation.variables) : variables;
      const data = await ask(port, { ...body, variables: sent }).catch((error) => {
        throw new Error(`${who} on ${engine}, "${name}": ${error.message}`);
      });
      const shaped = operation.shape?.[who]?.(data) ?? data;
      answers.push([who, JSON.stringify(canonical(shaped, { ...operation, fresh }))]);
    }
    if (new Set(answers.map(([, text]) => text)).size > 1) {
      const texts = answers.map(([who, text]) => `${who}: ${text.slice(0, 600)}`).join('\n');
      throw new Error(
        `The answers to "${name}" on ${engine} differ for ${JSON.stringify(variables)}:\n${texts}`,
      );
    }
  }
}
