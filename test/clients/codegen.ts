import type { CodegenConfig } from '@graphql-codegen/cli';
import scalars from './generated/scalars.json' with { type: 'json' };

const config: CodegenConfig = {
  schema: 'generated/schema.graphql',
  documents: ['src/graphql-request.ts', 'src/tanstack-query.ts'],
  generates: {
    'generated/gql/': {
      preset: 'client',
      presetConfig: { persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: { scalars, strictScalars: true, enumsAsTypes: true },
    },
  },
};
export default config;
