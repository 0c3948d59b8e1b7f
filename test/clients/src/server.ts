/** Where Foz answers; the programs get it from whoever starts them. */
export const url = process.env.FOZ_URL ?? 'http://localhost:8080/graphql';
