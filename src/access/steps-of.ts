/** `filter._and[0].owner` as a path into an entry of metadata. For a name with a dot in it, the path ends at the enclosing object. */
export function stepsOf(where: string): readonly (string | number)[] {
  return where
    .split(/[.[]/)
    .filter((step) => step !== '')
    .map((step) => (step.endsWith(']') ? Number(step.slice(0, -1)) : step));
}
