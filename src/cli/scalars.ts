import { loadConfig, type ScalarDescription, scalarsOf } from '../control/index.ts';
import { FozError } from '../core/index.ts';
import { attachStored } from './attach-stored.ts';
import { type EndpointOptions, runningFoz } from './endpoint.ts';

type Types = readonly ScalarDescription[];

const document = 'query ($role: String) { scalars(role: $role) { name typescript } }';

const json = (types: Types) =>
  JSON.stringify(Object.fromEntries(types.map(({ name, typescript }) => [name, typescript])), null, 2);

/** Output formats by tool: `scalars` of GraphQL Code Generator, `customScalarTypes` of Relay, an interface for gql.tada. */
const formats: Readonly<Record<string, (types: Types) => string>> = {
  text: (types) => types.map(({ name, typescript }) => `${name.padEnd(16)} ${typescript}`).join('\n'),
  codegen: json,
  relay: json,
  'gql.tada': (types) =>
    [
      'export interface Scalars {',
      ...types.map(({ name, typescript }) => `  ${name}: ${typescript};`),
      '}',
    ].join('\n'),
};

interface Options extends EndpointOptions {
  readonly config: string;
  readonly for: string;
  readonly role?: string;
}

/** `foz schema scalars`: the TypeScript type of each scalar in the graph. */
export async function printScalars(options: Options): Promise<void> {
  const print = Object.hasOwn(formats, options.for) ? formats[options.for] : undefined;
  if (print === undefined)
    throw new FozError(
      'validation-failed',
      `There is no format ${options.for}: it is one of ${Object.keys(formats).join(', ')}.`,
    );
  const foz = runningFoz(options);
  const { role } = options;
  console.log(
    print(
      foz === null
        ? await scalarsHere(options)
        : (await foz.query<{ scalars: Types }>(document, { role })).scalars,
    ),
  );
}

async function scalarsHere({ config, role }: Options): Promise<Types> {
  const attached = await attachStored(loadConfig(config));
  try {
    return scalarsOf(attached.graphs, role);
  } finally {
    await attached.close();
  }
}
