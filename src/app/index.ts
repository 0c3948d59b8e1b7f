export { accountsIn } from './accounts.ts';
export { again } from './again.ts';
export { type Authentication, authenticationOf, doorOf } from './authentication.ts';
export { answersOf, changingOptions, websocketOf } from './live-options.ts';
export { droppedLines, flushOutput, guardOutput, processLog } from './output.ts';
export { routesOf } from './routes.ts';
export { startRuntime } from './runtime.ts';
export { tlsOf } from './tls.ts';
