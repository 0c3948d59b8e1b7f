// A process that does runs until it is killed.
import { openWork } from './work-runs.mjs';

const [url, folder] = process.argv.slice(2);
const { worker } = await openWork({ url, folder }, 'three operations');
await worker.start();
