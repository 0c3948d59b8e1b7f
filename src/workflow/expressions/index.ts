export { faultsOf } from './syntax.ts';
export { Expressions, expressionsOf } from './templates.ts';
export { keepText } from './texts.ts';
