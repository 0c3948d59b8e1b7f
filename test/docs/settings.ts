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

/** All settings below a part, in the order of the schema. A definition that contains itself ends where it does. */
export function settingsBelow(path: string, given: Schema, within: readonly Schema[] = []): Setting[] {
  const schema = resolved(given);
  const parts = [schema, ...variants(schema)];
  if (within.includes(given) || within.length > 12) return [];
  return parts.flatMap((part): Setting[] => {
    const own = Object.entries(part.properties ?? {}).flatMap(([name, entry]): Setting[] => {
      const below = path === '' ? name : `${path}.${name}`;
      const isRequired = part.required?.includes(name) ?? false;
      return [
        { path: below, schema: resolved(entry), isRequired },
        ...settingsBelow(below, entry, [...within, given]),
      ];
    });
    const listed = part.items === undefined ? [] : settingsBelow(`${path}[]`, part.items, [...within, given]);
    const any = typeof part.additionalProperties === 'object' ? part.additionalProperties : undefined;
    const named = any === undefined ? [] : settingsBelow(`${path}.<name>`, any, [...within, given]);
    return [...own, ...listed, ...named];
  });
}

/** With what it refers to; its own words take precedence. */
function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const found = root.$defs[schema.$ref.replace('#/$defs/', '')]!;
  return { ...resolved(found), ...schema };
}

function variants(schema: Schema): Schema[] {
  return [...(schema.oneOf ?? []), ...(schema.allOf ?? []), schema.then, schema.else]
    .filter((one): one is Schema => one !== undefined)
    .map(resolved);
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
