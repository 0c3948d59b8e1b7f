import { Ajv2020, type Options } from 'ajv/dist/2020.js';
import schema from '../../../schema/foz.schema.json' with { type: 'json' };

const part = (name: keyof typeof schema.$defs) => ({ $ref: `${schema.$id}#/$defs/${name}` });

/** The JSON Schemas of `foz.yaml` and of the parts of it that may be files of their own. */
export const schemas = {
  config: schema,
  metadata: part('metadata'),
  table: part('table_entry'),
  inherited_roles: part('inherited_roles'),
  workflows: part('workflows'),
  hooks: part('hooks'),
  syncs: part('syncs'),
  cron_triggers: part('cron_triggers'),
} as const;

export type SchemaName = keyof typeof schemas;

/** A compiler that knows these schemas by their names. */
export function ajvOf(options: Options = {}): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, verbose: true, ...options });
  for (const [name, one] of Object.entries(schemas)) ajv.addSchema(one, name);
  return ajv;
}
