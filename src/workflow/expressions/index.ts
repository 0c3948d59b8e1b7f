export { faultsOf } from './syntax.ts';
export { Expressions } from './templates.ts';
export { keepText } from './texts.ts';
