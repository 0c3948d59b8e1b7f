const stops = {
  validation: {
    given: 'Too many validation errors, error limit reached. Validation aborted.',
    message: 'The document has more errors than these 100: correct them and send it again to see the others.',
  },
  variables: {
    given: 'Too many errors processing variables, error limit reached. Execution aborted.',
    message: 'A variable has more errors than these 100: correct them and send it again to see the others.',
  },
} as const;

/** The message of an error of GraphQL.js. After 100 errors it stops; the message of its last error is replaced by one with the way out. */
export function plainMessage(message: string): string {
  return Object.values(stops).find(({ given }) => given === message)?.message ?? message;
}
