/** Characters of a piece. Pieces show the progress of a slow client, which tells it from one that reads nothing. */
export const pieceLength = 64 * 1024;

/** A text in pieces, none of which ends within a character. */
export function* piecesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + pieceLength, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last < 0xdc00) end--;
    yield text.slice(at, end);
    at = end;
  }
}
