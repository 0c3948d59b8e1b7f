import { diffFacts, loadConfig, StoredCatalog } from '../control/index.ts';
import { FozError } from '../core/index.ts';
import { connect } from '../main.ts';

const marks = { added: '+', removed: '-', changed: '~' } as const;

/** `foz introspect`: what the sources contain against what is stored. */
export async function introspect(
  only: string | undefined,
  options: { readonly config: string; readonly write?: boolean; readonly json?: boolean },
): Promise<void> {
  const config = loadConfig(options.config);
  const sources = config.sources.filter((source) => only === undefined || source.name === only);
  if (sources.length === 0)
    throw new FozError('not-found', `There is no source ${only} in ${options.config}.`);
  const stored = new StoredCatalog(config.state ?? '.foz');
  const results = [];
  for (const source of sources) {
    const connector = await connect(source);
    try {
      const patterns = (given: typeof source.tables) => ({
        include: given?.include ?? [],
        exclude: given?.exclude ?? [],
      });
      const facts = await connector.introspect(
        { namespaces: patterns(source.namespaces), tables: patterns(source.tables) },
        AbortSignal.timeout(60_000),
      );
      results.push({
        source: source.name,
        tables: facts.tables.length,
        changes: diffFacts(stored.read(source.name), facts),
        issues: facts.issues,
      });
      if (options.write === true) stored.write(source.name, facts);
    } finally {
      await connector.close();
    }
  }
  if (options.json === true) return console.log(JSON.stringify(results, null, 2));
  for (const { source, tables, changes, issues } of results) {
    console.log(
      `${source}: ${tables} tables, ${changes.length === 0 ? 'nothing has changed' : `${changes.length} changes`}`,
    );
    for (const change of changes) console.log(`  ${marks[change.change]} ${change.what}  ${change.detail}`);
    for (const issue of issues)
      console.log(
        `  ! ${[issue.namespace, issue.table, issue.column].filter((part) => part !== null).join('.')}: ${issue.reason}`,
      );
  }
  if (options.write !== true && results.some((result) => result.changes.length > 0))
    console.log('Store it with --write.');
}
