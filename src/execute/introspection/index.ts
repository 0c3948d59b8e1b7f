export { Introspection, type IntrospectionRequest, introspectionAnswers } from './introspection.ts';
export { PackedText } from './packed.ts';
