// Prints the control API's graph to schema/control.graphql, then makes client types of it. Needs a build.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { buildControlGraph } from '../dist/resolvers/index.js';

writeFileSync(
  new URL('../schema/control.graphql', import.meta.url),
  `${printSchema(lexicographicSortSchema(await buildControlGraph()))}\n`,
);
execFileSync('npx', ['graphql-codegen', '--config', 'codegen.yml'], { stdio: 'inherit' });
