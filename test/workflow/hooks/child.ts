import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { hooksRoute } from '../../../src/app/routes/hooks.ts';
import { readBody } from '../../../src/serve/body.ts';
import { HookStore } from '../../../src/store/index.ts';
import { HookReceiver } from '../../../src/workflow/index.ts';
import { workplace } from '../workplace.ts';

/**
 * Another process that receives calls of the webhook `paid`. With `stall` it answers none: it says when the run of a call is committed, and stays there.
 * It ends when its stdin does.
 */
const [url = '', folder = '', mode = ''] = process.argv.slice(2);

class Stalled extends HookStore {
  override async start(...given: Parameters<HookStore['start']>): Promise<string | null> {
    const former = await super.start(...given);
    if (mode !== 'stall') return former;
    console.log(JSON.stringify('committed'));
    return new Promise(() => {});
  }
}

const work = await workplace({ url, folder }, async () => ({ data: null }));
await work.runner.define({ name: 'note', steps: [{ id: 'a', kind: 'transform', value: 1 }] });
const receiver = new HookReceiver({
  ...{ calls: new Stalled(work.jobs), runner: work.runner, log: pino({ level: 'silent' }) },
  ...{ secretsOf: async () => ['right'], settled: async () => {}, isRead: () => true },
});
receiver.use([
  {
    ...{ name: 'paid', workflow: 'note', dedupe: { header: 'x-id' } },
    auth: { kind: 'bearer', tokens: [{ env: 'TOKEN' }] },
  },
]);
const route = hooksRoute(receiver, () => '127.0.0.1');
const server = createServer((request, response) => {
  void route(request, (most) => readBody(request, most)).then(({ status, headers, body }) =>
    response.writeHead(status, headers).end(body),
  );
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/paid`));
});
createInterface({ input: process.stdin }).on('close', () => {
  server.closeAllConnections();
  server.close();
  void work.close().then(() => process.exit(0));
});
