/** Characters of a piece. Writing in pieces shows progress, so a slow client can be distinguished from one that reads nothing. */
export const pieceLength = 64 * 1024;

/** Splits a text into pieces. None ends inside a surrogate pair. */
export function* piecesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + pieceLength, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last < 0xdc00) end--;
    yield text.slice(at, end);
    at = end;
  }
}
