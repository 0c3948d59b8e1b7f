/**
 * The same text in one piece. Text that was put together stays a tree of its parts until somebody reads it, so what is written
 * again and again would be walked again and again.
 */
export function flat(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
