import { createInterface } from 'node:readline';
import { pino } from 'pino';
import type { FozConfig } from '../../../src/control/index.ts';
import { start } from '../../../src/main.ts';

/** Foz as a child process. Its argument is the configuration, and it prints its URL. It stops when its standard input closes. */
const config = JSON.parse(process.argv[2]!) as FozConfig;
const server = await start(config, { logger: pino({ level: 'silent' }) });
console.log(JSON.stringify(server.url));
await new Promise((resolve) => createInterface({ input: process.stdin }).on('close', () => resolve(null)));
await server.close(0);
process.exit(0);
