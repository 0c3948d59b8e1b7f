import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Progress } from '../../src/cli/progress.ts';
import { start } from '../../src/main.ts';
import { until } from '../support/wait.ts';

test('a start names what it is doing: its sources, and its store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foz-progress-'));
  const stages: string[] = [];
  const foz = await start(
    {
      state: folder,
      auth: {},
      server: { port: 0 },
      sources: [{ name: 'shop', kind: 'sqlite', path: ':memory:' }],
    },
    { logger: pino({ level: 'silent' }), onStage: (text) => void stages.push(text) },
  );
  await foz.close(0);
  rmSync(folder, { recursive: true });
  expect(stages).toEqual([
    'Reading the sources shop',
    `Opening and reading the store (an embedded PostgreSQL in ${folder}; its first start takes longer)`,
  ]);
}, 240_000);

test('a stage that lasts is printed, and printed again with its duration; one that has ended is not', async () => {
  const lines: string[] = [];
  const progress = new Progress((text) => void lines.push(text));
  progress.stage('Short');
  progress.stage('Long');
  await until(() => lines.length === 2, 60_000);
  progress.end();
  expect(lines).toEqual(['Long ...', expect.stringMatching(/^Long \.\.\. \(\d+ s\)$/)]);
}, 90_000);
