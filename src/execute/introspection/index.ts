export { Introspection, IntrospectionAnswers, type IntrospectionRequest } from './introspection.ts';
export { PackedText } from './packed.ts';
