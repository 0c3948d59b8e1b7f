/** The text of a response, read up to `bytes`. Rejects with RangeError when it is longer. */
export async function readLimited(answer: Response, bytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > bytes) throw new RangeError(`the answer is longer than ${bytes} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
