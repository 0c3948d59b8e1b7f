// The same queries by polling, as Hasura does it: once a second each query is run for all its subscribers, with the variables of up to 100 of
// them in one statement. https://github.com/hasura/graphql-engine/blob/master/architecture/live-queries.md
import { cpuOf } from './processes.mjs';

const batch = 100;
const rowsOf = (columns, rest = '') => `select coalesce(json_agg(row_to_json(r)), '[]') as items
  from (select ${columns} from live_items where user_id = v.u ${rest}) r`;
const totalOf = (values) => `select json_build_object('aggregate', json_build_object(${values})) as items
  from live_items where user_id = v.u`;

/** The statements of the ten queries, in the order of the queries. */
const statements = [
  rowsOf('id, value', 'order by id'),
  rowsOf('id, value', 'order by value desc limit 3'),
  totalOf(`'sum', json_build_object('value', sum(value))`),
  totalOf(`'max', json_build_object('value', max(value)), 'count', count(*)`),
  rowsOf('id, value, kind', 'and value >= 0'),
  rowsOf('id, kind, value', 'and kind < 9'),
  rowsOf('value', 'order by id desc limit 10'),
  rowsOf('kind, value, user_id', 'order by kind'),
  totalOf(`'sum', json_build_object('value', sum(value)), 'avg', json_build_object('value', avg(value))`),
  `select json_build_object('aggregate', json_build_object('sum', json_build_object('value', sum(value))),
    'nodes', json_agg(json_build_object('id', id, 'value', value))) as items from live_items where user_id = v.u`,
].map((text) => `select v.u, q.items from unnest($1::int[]) v(u) left join lateral (${text}) q on true`);

/** Polls for some seconds; returns the processor time of the database in percent of a core. */
export async function polledLoad(database, users, seconds, databasePid) {
  const before = cpuOf([databasePid]);
  const started = performance.now();
  for (let second = 0; second < seconds; second++) {
    const due = started + second * 1000;
    if (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
    for (const [number, text] of statements.entries())
      for (let user = 1; user <= users; user += batch) {
        const values = Array.from({ length: Math.min(batch, users - user + 1) }, (_, at) => user + at);
        await database.query({ name: `poll${number}`, text, values: [values] });
      }
  }
  const spent = performance.now() - started;
  return (100 * (cpuOf([databasePid]) - before)) / Math.max(spent, seconds * 1000);
}
