const text = { type: 'string', minLength: 1, maxLength: 1_000 };
const table = {
  anyOf: [
    text,
    {
      type: 'object',
      required: ['name'],
      properties: { schema: { type: ['string', 'null'] }, name: text },
      additionalProperties: false,
    },
  ],
};
const side = {
  type: 'object',
  required: ['source', 'table'],
  properties: { source: text, table, filter: { type: 'object' } },
  additionalProperties: false,
};
const mark = {
  type: 'object',
  required: ['column', 'deleted'],
  properties: { column: text, deleted: {}, present: {} },
  additionalProperties: false,
};
const columnPair = {
  type: ['string', 'object'],
  minLength: 1,
  properties: { left: text, right: text, to_right: {}, to_left: {} },
  additionalProperties: false,
};

/** The JSON Schema of a sync. */
const schema: object = {
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 100 },
    description: { type: 'string' },
    enabled: { type: 'boolean' },
    left: side,
    right: side,
    direction: { enum: ['to_right', 'both'] },
    key: {
      type: 'array',
      minItems: 1,
      maxItems: 16,
      items: {
        type: ['string', 'object'],
        minLength: 1,
        required: ['left', 'right'],
        properties: { left: text, right: text },
        additionalProperties: false,
      },
    },
    columns: { type: 'array', minItems: 1, maxItems: 500, items: columnPair },
    conflict: {
      type: 'object',
      required: ['rule'],
      properties: {
        rule: { enum: ['left', 'right', 'latest', 'fields', 'ask'] },
        left: text,
        right: text,
        prefer: { enum: ['left', 'right'] },
      },
      additionalProperties: false,
    },
    deletes: {
      anyOf: [
        { enum: ['propagate', 'ignore'] },
        {
          type: 'object',
          required: ['mark'],
          properties: {
            mark: {
              type: 'object',
              minProperties: 1,
              properties: { left: mark, right: mark },
              additionalProperties: false,
            },
          },
          additionalProperties: false,
        },
      ],
    },
  },
  required: ['name', 'left', 'right', 'key', 'columns'],
  additionalProperties: false,
};

export default schema;
