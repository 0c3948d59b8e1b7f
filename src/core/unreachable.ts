/** Ends a `switch` over a closed union, so that an unhandled kind does not compile. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
