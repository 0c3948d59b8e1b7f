export { type BuiltGraph, buildGraph, type GraphOptions } from './build.ts';
export type { GraphCapabilities } from './capabilities.ts';
export { isGroupable } from './column-support.ts';
export {
  type ArgumentMeaning,
  argumentMeaning,
  type FieldMeaning,
  fieldMeaning,
  type InputMeaning,
  inputMeaning,
  type NodeTarget,
  type UpdateKind,
} from './field-meaning.ts';
export { LazyObjectType } from './lazy.ts';
export { jsonLiteral } from './scalars/json.ts';
export { readScalar } from './scalars/read.ts';
export { checkText, textProblem } from './scalars/text.ts';
export { keepsDigits } from './scalars/types.ts';
export { typescriptOf } from './scalars/typescript.ts';
export { LazySchema } from './schema.ts';
export { definitionFaults, fieldIn } from './services/definition.ts';
export { type ServiceDeclaration, ServiceFields } from './services/services.ts';
export type { ServiceTarget } from './services/target.ts';
