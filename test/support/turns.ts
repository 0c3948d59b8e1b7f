import { useMode } from './engine/kingbase.ts';
import { type Mode, modes } from './engine/kingbase-modes.ts';
import { availability, describeEngines, type Engine, engines, isKingbaseReal } from './engines.ts';

/**
 * A `describe` per engine. Without a real server of KingbaseES, also one for each of the modes `inModes`, on PostgreSQL; for all modes with
 * FOZ_TEST_KINGBASE_MODES=all.
 */
export function describeTurns(inModes: readonly Mode[], body: (engine: Engine) => void): void {
  describeEngines(engines, body);
  if (isKingbaseReal) return;
  const found = availability('kingbase');
  for (const mode of process.env.FOZ_TEST_KINGBASE_MODES === 'all' ? modes : inModes) {
    const title = `kingbase in mode ${mode}, emulated on PostgreSQL`;
    if ('reason' in found) describe.skip(`${title} (not run: ${found.reason})`, () => body('kingbase'));
    else
      describe(title, () => {
        beforeAll(() => useMode(mode));
        body('kingbase');
      });
  }
}
