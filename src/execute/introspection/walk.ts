/** Writing that can pause. At each `yield` other requests may have their turn. */
export type Walk = Generator<undefined, void>;
