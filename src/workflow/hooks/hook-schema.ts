import { signatureStyles } from './signatures.ts';

const text = { type: 'string', minLength: 1, maxLength: 1_000 };
const secret = {
  type: 'object',
  minProperties: 1,
  maxProperties: 1,
  properties: {
    env: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
    secret: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 100 },
  },
  additionalProperties: false,
};
const secrets = { type: 'array', minItems: 1, maxItems: 10, items: secret };
const headerName = { type: 'string', pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$" };

/** The settings of each kind of authentication. */
const kinds = {
  none: {},
  basic: { username: text, passwords: secrets },
  bearer: { tokens: secrets },
  api_key: { header: headerName, keys: secrets },
  hmac: { style: { enum: signatureStyles }, secrets },
};
const optional = {
  hmac: { tolerance_seconds: { type: 'number', minimum: 1, maximum: 86_400 }, url: text },
};

const auth = {
  type: 'object',
  required: ['kind'],
  properties: { kind: { enum: Object.keys(kinds) } },
  allOf: Object.entries(kinds).map(([kind, settings]) => ({
    if: { properties: { kind: { const: kind } }, required: ['kind'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {
      properties: { kind: true, ...settings, ...(kind === 'hmac' ? optional.hmac : {}) },
      required: Object.keys(settings),
      additionalProperties: false,
    },
  })),
};

/** The JSON Schema of an inbound webhook. */
const schema: object = {
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 100 },
    description: { type: 'string' },
    enabled: { type: 'boolean' },
    path: { type: 'string', pattern: '^[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*$', maxLength: 200 },
    workflow: text,
    signal: {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string', minLength: 1, maxLength: 200 }, key: {} },
      additionalProperties: false,
    },
    confirm: text,
    methods: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { enum: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] },
    },
    auth,
    networks: { type: 'array', minItems: 1, items: text },
    rate: {
      type: 'object',
      required: ['requests', 'seconds'],
      properties: {
        requests: { type: 'integer', minimum: 1 },
        seconds: { type: 'integer', minimum: 1, maximum: 86_400 },
      },
      additionalProperties: false,
    },
    max_bytes: { type: 'integer', minimum: 1, maximum: 16 * 2 ** 20 },
    schema: { type: 'object' },
    dedupe: {
      type: 'object',
      properties: {
        header: headerName,
        key: {},
        seconds: { type: 'integer', minimum: 1, maximum: 366 * 86_400 },
      },
      additionalProperties: false,
    },
    input: {},
    challenge: {
      type: 'object',
      required: ['style'],
      properties: { style: { enum: ['slack', 'meta'] }, token: secret },
      if: { properties: { style: { const: 'meta' } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ['token'] },
      additionalProperties: false,
    },
    wait_ms: { type: 'integer', minimum: 1, maximum: 60_000 },
  },
  required: ['name', 'auth'],
  additionalProperties: false,
};

export default schema;
