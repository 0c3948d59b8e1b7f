/** The URL of Foz. */
export const url = process.env.FOZ_URL ?? 'http://localhost:8080/graphql';
