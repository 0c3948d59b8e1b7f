import { importHasura } from '../control/index.ts';
import { counted } from '../core/index.ts';

/** `foz import hasura`: converts Hasura's metadata to a configuration and metadata of Foz, and lists the parts without a counterpart. */
export async function importFromHasura(
  folder: string,
  options: { readonly out: string; readonly force?: boolean; readonly json?: boolean },
): Promise<void> {
  const report = importHasura(folder, options.out, options.force === true);
  if (options.json === true) return console.log(JSON.stringify(report, null, 2));
  const { written, sources, tables, permissions, findings } = report;
  for (const path of written) console.log(`+ ${path}`);
  if (findings.length > 0) console.log('\nNot taken over, or not as it was:');
  for (const { file, line, column, where, reason } of findings)
    console.log(`  ${file}:${line}:${column}  ${where}: ${reason}`);
  console.log(
    `\n${counted(sources, 'source')}, ${counted(tables, 'table')}, ${counted(permissions, 'permission')}; ${counted(findings.length, 'thing')} to look at.`,
  );
  console.log(
    `Who may come in (admin secrets, tokens, webhook) is not in Hasura's metadata: say it in the part "auth" of ${options.out}.`,
  );
  console.log(`Then: foz check --config ${options.out}`);
}
