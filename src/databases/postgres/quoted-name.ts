/** A text in quotes, for statements whose text is not compiled from a plan. */
export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name in double quotes, for statements whose text is not compiled from a plan. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
