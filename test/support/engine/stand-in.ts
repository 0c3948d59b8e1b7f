import type { Engine } from '../engines.ts';

/**
 * Cases that a server that stands in for another one cannot show, with the reason: names of cases, and of topics with a `/` at the end.
 * FOZ_TEST_MSSQL_STAND_IN=babelfish says that Babelfish for PostgreSQL stands in for SQL Server. Nothing is left out on a real server.
 */
const standIns: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  babelfish: {
    'names/upper-case': 'its catalog shows names in lower case',
    'names/odd-columns': 'its catalog shows names in lower case, and it reads no name with a closing bracket',
    'names/enum-labels': 'it reads no permission of a table with quotes in its name',
    'aggregate/text-extremes': 'it has no MIN and MAX of char(n)',
  },
};

const isBabelfish = (engine: Engine) =>
  process.env[`FOZ_TEST_${engine.toUpperCase()}_STAND_IN`] === 'babelfish';

/** Whether the messages of the server under test name no constraint, as those of the engine do. */
export const standInNamesNoConstraint = isBabelfish;

/** Whether the server under test loses a text in a list of JSON: its OPENJSON leaves the escapes of `"` and the backslash in it. */
export function standInLosesKey(engine: Engine, text: string): boolean {
  return isBabelfish(engine) && /["\\]/.test(text);
}

/** Why the server under test cannot show a case; `undefined`: it can. */
export function standInLacks(engine: Engine, name: string): string | undefined {
  const standIn = process.env[`FOZ_TEST_${engine.toUpperCase()}_STAND_IN`];
  if (standIn === undefined) return undefined;
  if (!Object.hasOwn(standIns, standIn))
    throw new Error(
      `FOZ_TEST_${engine.toUpperCase()}_STAND_IN is one of ${Object.keys(standIns).join(', ')}.`,
    );
  const lacks = Object.entries(standIns[standIn]!);
  return lacks.find(([start]) => name.startsWith(start))?.[1];
}
