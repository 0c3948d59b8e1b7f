/** Writing that can pause; each `yield` is a place where others may have their turn. */
export type Walk = Generator<undefined, void>;
