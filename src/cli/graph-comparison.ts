import { existsSync, readFileSync } from 'node:fs';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { counted, FozError } from '../core/index.ts';
import { compareGraphs, type GraphChange, linesOf } from '../views/index.ts';
import { printedName } from './output.ts';

/** Where a graph differs from the one in a file. */
export interface ComparedWithFile {
  readonly file: string;
  readonly changes: readonly GraphChange[];
}

/** How such a file is written. */
function writing(file: string, role: string | undefined): string {
  return `foz schema print${role === undefined ? '' : ` --role ${printedName(role)}`} > ${printedName(file)}`;
}

/** The graph in a file. Throws FozError where the file does not exist or has no graph. */
export function graphIn(file: string, role: string | undefined): GraphQLSchema {
  if (!existsSync(file))
    throw new FozError(
      'not-found',
      `There is no file ${file} to compare the graph with. Write it with: ${writing(file, role)}`,
    );
  try {
    return buildSchema(readFileSync(file, 'utf8'), { assumeValid: true });
  } catch (error) {
    throw new FozError(
      'validation-failed',
      `${file} holds no graph (${(error as Error).message}). Write it with: ${writing(file, role)}`,
    );
  }
}

export function comparedWith(file: string, before: GraphQLSchema, after: GraphQLSchema): ComparedWithFile {
  return { file, changes: compareGraphs({ before, after }) };
}

export function breakingIn({ changes }: ComparedWithFile): number {
  return changes.filter(({ severity }) => severity === 'breaking').length;
}

/** Prints breaking changes one by one, the others as a number. */
export function printCompared(compared: ComparedWithFile, role: string | undefined): void {
  const { file, changes } = compared;
  const graph = role === undefined ? 'The graph' : `The graph of the role ${role}`;
  const breaking = changes.filter(({ severity }) => severity === 'breaking');
  const others = changes.length - breaking.length;
  const rest = others === 0 ? '' : `${others} other changes break nothing.`;
  if (breaking.length === 0) {
    console.log(
      changes.length === 0
        ? `${graph} is the one in ${file}.`
        : `${graph} breaks nothing of ${file}. ${rest}`,
    );
    return;
  }
  console.log(`${graph} breaks operations that ${file} allows (${counted(breaking.length, 'change')}):`);
  for (const line of linesOf(breaking)) console.log(`  ${line.replace(/ {2}\[breaking\]$/, '')}`);
  console.log(`${rest}${rest === '' ? '' : ' '}If all of it is meant: ${writing(file, role)}`);
}
