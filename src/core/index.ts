export { CacheBudget, type CacheShare, type CacheState, heapPart, textBytes } from './cache.ts';
export { counted } from './counted.ts';
export { type EndSignal, never } from './end-signal.ts';
export { type ErrorCode, errorCodes, FozError, type FozErrorOptions, FozErrors } from './errors.ts';
export {
  ExactNumber,
  jsonText,
  numberOf,
  parseJson,
  type ReadJson,
  readJson,
  someExact,
  withDigits,
  withDoubles,
  withoutEndingZeros,
} from './exact-number.ts';
export { HeldBytes, mostBytes, type SharedByteCounter, tooLong } from './held-bytes.ts';
export { type Link, LinkedList } from './linked-list.ts';
export { plainMessage } from './many-errors.ts';
export {
  adminRole,
  parseRoleName,
  parseSourceName,
  type RoleName,
  roleNamed,
  type SourceName,
} from './names.ts';
export { checkDocumentNesting, checkNesting, deepest, isStackOverflow, nestedTooDeeply } from './nesting.ts';
export { type Address, isNetwork, Networks, parseAddress, partsOfIpv6 } from './networks.ts';
export { OwnedCache } from './owned-cache.ts';
export { RequestEnd } from './request-end.ts';
export { SteadyClock } from './steady-clock.ts';
export { unreachable } from './unreachable.ts';
export { pause, Wakeup } from './wakeup.ts';
