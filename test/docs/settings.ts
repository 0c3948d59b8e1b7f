import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A part of the JSON Schema of the configuration, as far as the reference reads it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly then?: Schema;
  readonly else?: Schema;
}

interface Root extends Schema {
  readonly $defs: Readonly<Record<string, Schema>>;
}

const file = join(import.meta.dirname, '../../schema/foz.schema.json');
export const root = JSON.parse(readFileSync(file, 'utf8')) as Root;

/** A setting: `sources[].pool.max`. */
export interface Setting {
  readonly path: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

/** Definitions of the metadata that have a section of their own, and its heading. */
export const sections: Readonly<Record<string, string>> = {
  table_entry: 'Table',
  relationship: 'Relationship',
  select_permission: 'Select permission',
  insert_permission: 'Insert permission',
  update_permission: 'Update permission',
  delete_permission: 'Delete permission',
  column_validation: 'Validation rule',
  bool_exp: 'Condition',
  workflow: 'Workflow',
  schedule: 'Schedule',
  hook: 'Inbound webhook',
  sync: 'Sync',
};

/**
 * All settings below a part, in the order of the schema. `apart`: definitions that are told elsewhere. A definition that contains itself ends
 * where it does.
 */
export function settingsBelow(
  path: string,
  given: Schema,
  apart: ReadonlySet<string> = new Set(),
  within: readonly Schema[] = [],
): Setting[] {
  const isApart = (one: Schema) => one.$ref !== undefined && apart.has(nameIn(one.$ref));
  if (isApart(given) || within.includes(given) || within.length > 12) return [];
  const schema = resolved(given);
  const parts = [
    schema,
    ...alternatives(schema)
      .filter((one) => !isApart(one))
      .map(resolved),
  ];
  return parts.flatMap((part): Setting[] => {
    const own = Object.entries(part.properties ?? {}).flatMap(([name, entry]): Setting[] => {
      const below = path === '' ? name : `${path}.${name}`;
      const isRequired = part.required?.includes(name) ?? false;
      return [
        { path: below, schema: resolved(entry), isRequired },
        ...settingsBelow(below, entry, apart, [...within, given]),
      ];
    });
    const listed =
      part.items === undefined ? [] : settingsBelow(`${path}[]`, part.items, apart, [...within, given]);
    const any = typeof part.additionalProperties === 'object' ? part.additionalProperties : undefined;
    const named = any === undefined ? [] : settingsBelow(`${path}.<name>`, any, apart, [...within, given]);
    return [...own, ...listed, ...named];
  });
}

/** With what it refers to; its own words take precedence. */
function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const found = resolved(root.$defs[nameIn(schema.$ref)]!);
  const required = [...(found.required ?? []), ...(schema.required ?? [])];
  return {
    ...found,
    ...schema,
    ...(found.properties === undefined ? {} : { properties: { ...found.properties, ...schema.properties } }),
    ...(required.length === 0 ? {} : { required }),
  };
}

function nameIn(ref: string): string {
  return ref.replace('#/$defs/', '');
}

function alternatives(schema: Schema): Schema[] {
  return [...(schema.oneOf ?? []), ...(schema.allOf ?? []), schema.then, schema.else].filter(
    (one): one is Schema => one !== undefined,
  );
}

function variants(schema: Schema): Schema[] {
  return alternatives(schema).map(resolved);
}

/** An example of a value; `null`: its parts have some; `undefined`: there is none. */
export function exampleOf({
  default: fallback,
  examples,
  enum: values,
  const: only,
  type,
  properties,
  items,
}: Schema): unknown {
  if (examples !== undefined) return examples[0];
  if (only !== undefined) return only;
  if (values !== undefined) return values.find((value) => value !== fallback);
  if (fallback !== undefined && fallback !== null) return fallback;
  if (type === 'boolean') return true;
  return properties === undefined && items === undefined ? undefined : null;
}

/** The type in words, with links to the sections of the metadata. */
export function linkedType(schema: Schema): string {
  const link = (one: Schema | boolean | undefined) => {
    const title = typeof one === 'object' && one.$ref !== undefined ? sections[nameIn(one.$ref)] : undefined;
    return title === undefined
      ? undefined
      : `[${title.toLowerCase()}](#${title.toLowerCase().replaceAll(' ', '-')})`;
  };
  const [own, listed, named] = [schema, schema.items, schema.additionalProperties].map(link);
  const other = alternatives(schema)
    .map(link)
    .find((text) => text !== undefined);
  if (own !== undefined) return own;
  if (listed !== undefined) return `list: ${listed}`;
  if (named !== undefined) return `object: ${named}`;
  return other ?? typeOf(schema);
}

/** The type in words. */
export function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  const found = [schema.type ?? variants(schema).map(typeOf)].flat(2).filter((type) => type !== 'null');
  const types = found.map((type) =>
    type === 'array'
      ? `list${schema.items === undefined ? '' : ` of ${plural(typeOf(resolved(schema.items)))}`}`
      : (words[type] ?? type),
  );
  return [...new Set(types)].join(' or ') || 'any';
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  boolean: 'true, false',
  object: 'object',
};

function plural(type: string): string {
  return type.replace(/^(text|whole number|object|number)\b/, '$1s');
}
