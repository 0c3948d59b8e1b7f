import { createInterface } from 'node:readline';
import { workplace } from './workplace.ts';

/** Another process that does runs. Its steps ask a receiver; it says when it works, and ends when its stdin does. */
const [url = '', folder = '', receiver = ''] = process.argv.slice(2);

const work = await workplace(
  { url, folder },
  async ({ variables, signal }) => {
    const answer = await fetch(receiver, { method: 'POST', body: JSON.stringify(variables), signal });
    return { data: await answer.json() };
  },
  { slots: 20 },
);
await work.worker.start();
console.log(JSON.stringify('ready'));
createInterface({ input: process.stdin }).on('close', () => {
  void work.close().then(() => process.exit(0));
});
