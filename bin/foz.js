#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const command = new URL('../dist/command/foz.js', import.meta.url);
if (!existsSync(fileURLToPath(command))) {
  console.error('Foz is not built yet: run "npm run build" first.');
  process.exit(1);
}
await import(command.href);
