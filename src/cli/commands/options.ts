/** Options that many commands have, as arguments of `option`. */
export const config = ['-c, --config <file>', 'configuration file', 'foz.yaml'] as const;
export const endpoint = [
  '--endpoint <url>',
  'ask the Foz that runs there, instead of opening databases and store',
] as const;
export const secretFile = [
  '--secret-file <file>',
  'with --endpoint: holds its admin secret (else FOZ_ADMIN_SECRET does)',
] as const;
