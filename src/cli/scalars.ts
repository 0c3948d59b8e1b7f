import { isScalarType, isSpecifiedScalarType } from 'graphql';
import { loadConfig } from '../control/index.ts';
import { FozError } from '../core/index.ts';
import { typescriptOf } from '../graph/index.ts';
import { attachStored } from './attach-stored.ts';
import { roleEngine } from './schema.ts';

type Types = readonly (readonly [scalar: string, type: string])[];

const json = (types: Types) => JSON.stringify(Object.fromEntries(types), null, 2);

/** Output formats by tool: `scalars` of GraphQL Code Generator, `customScalarTypes` of Relay, an interface for gql.tada. */
const formats: Readonly<Record<string, (types: Types) => string>> = {
  text: (types) => types.map(([scalar, type]) => `${scalar.padEnd(16)} ${type}`).join('\n'),
  codegen: json,
  relay: json,
  'gql.tada': (types) =>
    ['export interface Scalars {', ...types.map(([scalar, type]) => `  ${scalar}: ${type};`), '}'].join('\n'),
};

/** `foz schema scalars`: the TypeScript type of each scalar in the graph. */
export async function printScalars(options: {
  readonly config: string;
  readonly for: string;
  readonly role?: string;
}): Promise<void> {
  const print = Object.hasOwn(formats, options.for) ? formats[options.for] : undefined;
  if (print === undefined)
    throw new FozError(
      'validation-failed',
      `There is no format ${options.for}: it is one of ${Object.keys(formats).join(', ')}.`,
    );
  const attached = await attachStored(loadConfig(options.config), {
    hint: 'Or stop the Foz that has it open.',
  });
  try {
    const { schema } = roleEngine(attached, options.role).options;
    const numbers = new Set([...attached.graphs.catalog.sources.values()].map((source) => source.numbers));
    const types = Object.values(schema.getTypeMap())
      .filter((type) => isScalarType(type) && !isSpecifiedScalarType(type))
      .flatMap(({ name }) => {
        const type = typescriptOf(name, numbers);
        return type === undefined ? [] : [[name, type] as const];
      })
      .sort(([one], [other]) => (one < other ? -1 : 1));
    console.log(print(types));
  } finally {
    await attached.close();
  }
}
