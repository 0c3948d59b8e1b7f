import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { work } from './load.mjs';

const folder = join(work, 'profiles');

/** Deletes the profiles of earlier runs. */
export const forgetProfiles = () => rmSync(folder, { recursive: true, force: true });

/** Prints the functions with the largest self time, in percent of the time that was not idle. */
export function printProfile(most = 30) {
  for (const file of readdirSync(folder)) {
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const names = new Map(
      nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
        id,
        `${functionName || '(anonymous)'} ${url.split('/').slice(-4).join('/')}:${lineNumber + 1}`,
      ]),
    );
    const self = new Map();
    for (const [index, id] of samples.entries())
      self.set(names.get(id), (self.get(names.get(id)) ?? 0) + timeDeltas[index]);
    const busy = [...self].filter(([name]) => !name.startsWith('(idle)'));
    const total = busy.reduce((sum, [, time]) => sum + time, 0);
    for (const [name, time] of busy.sort((a, b) => b[1] - a[1]).slice(0, most))
      console.log(`${((100 * time) / total).toFixed(1).padStart(5)} %  ${name}`);
    console.log('');
  }
}
