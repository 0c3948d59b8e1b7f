/** Matches a string literal, or the text between two of them. */
const token = /"(?:[^"\\]|\\.)*"|[^"]+/g;

/** JSON text without white space between its parts; numbers and texts keep their spelling. */
export function compact(json: string): string {
  return json.replaceAll(token, (part) => (part.startsWith('"') ? part : part.replaceAll(/\s+/g, '')));
}

/** JSON text with one member or item per line; numbers and texts keep their spelling. */
export function pretty(json: string): string {
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  const spread = (part: string) =>
    part.replaceAll(/[[{]\s*[\]}]|[[{]|[\]}]|,|:/g, (sign) => {
      if (sign === ',') return `,${line()}`;
      if (sign === ':') return ': ';
      if (sign.length > 1) return sign;
      if (sign === '[' || sign === '{') {
        depth++;
        return sign + line();
      }
      depth--;
      return line() + sign;
    });
  return `${compact(json).replaceAll(token, (part) => (part.startsWith('"') ? part : spread(part)))}\n`;
}
