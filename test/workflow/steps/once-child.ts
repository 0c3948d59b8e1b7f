import { createInterface } from 'node:readline';
import { sqlStatements } from '../../../src/app/work/sql-statements.ts';
import { connect } from '../../../src/attach.ts';
import type { AttachedSource } from '../../../src/views/index.ts';
import { workplace } from '../workplace.ts';

/**
 * Another process that does runs whose steps write to a database. `stuck`: after each write that it has committed it says so, and never goes on, so that
 * it can be killed before the record.
 */
const [url = '', folder = '', target = '', mode = ''] = process.argv.slice(2);

const config = { name: 'shop', kind: 'postgres', url: target, sql_steps: 'write' } as const;
const connector = await connect(config);
const shop = { name: 'shop', config, connector } as unknown as AttachedSource;
const sql = sqlStatements({ registry: { find: () => shop, sources: [shop] }, audit: null });
const work = await workplace({ url, folder }, async () => ({ data: null }), {
  slots: 20,
  services: {
    sql: async (request) => {
      const answer = await sql(request);
      if (mode !== 'stuck') return answer;
      console.log(JSON.stringify(request.caller));
      return new Promise(() => {});
    },
  },
});
await work.worker.start();
console.log(JSON.stringify('ready'));
createInterface({ input: process.stdin }).on('close', () => {
  void work
    .close()
    .then(() => connector.close())
    .then(() => process.exit(0));
});
