export { type Work, workOf } from './work.ts';
