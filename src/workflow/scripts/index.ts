export { type Script, type ScriptCall, Scripts } from './scripts.ts';
