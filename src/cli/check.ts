import { loadConfig } from '../control/index.ts';
import { attachStored } from './attach-stored.ts';

/** `foz check`: the configuration is checked first, then every connection and everything the catalog could not take. */
export async function check(options: { readonly config: string; readonly json?: boolean }): Promise<void> {
  const attached = await attachStored(loadConfig(options.config));
  const sources = attached.registry.sources.map(({ name, config, facts, status }) => ({
    name,
    kind: config.kind,
    state: status.state,
    reason: status.state === 'unavailable' ? status.reason : null,
    version: facts?.version ?? null,
    tables: facts?.tables.length ?? 0,
  }));
  const { issues } = attached.graphs;
  await attached.close();
  const failed =
    sources.some((source) => source.state !== 'available') ||
    issues.some((issue) => issue.severity === 'error');
  if (options.json === true) console.log(JSON.stringify({ ok: !failed, sources, issues }, null, 2));
  else {
    for (const source of sources) {
      const text =
        source.state === 'available'
          ? `ok: ${source.kind} ${source.version}, ${source.tables} tables`
          : `unavailable: ${source.reason}`;
      console.log(`${source.name}: ${text}`);
    }
    for (const issue of issues) console.log(`${issue.severity}: ${issue.where}: ${issue.reason}`);
    console.log(failed ? 'There are problems.' : 'All is well.');
  }
  if (failed) process.exitCode = 1;
}
