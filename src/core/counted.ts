/** A number with its noun, in the singular for one: `1 table`, `2 tables`. `many`: a plural that does not end on `s` alone. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
