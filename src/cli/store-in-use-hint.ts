const without = 'Stop that one to have what its store says.';

let current = without;

/** The way out for the command that runs, where another process has the store open. */
export function storeInUseHint(): string {
  return current;
}

/** Sets the way out for a command. Only for a command that has the option `--endpoint` it names this option. */
export function setStoreInUseHint(command: string, hasEndpoint: boolean): void {
  if (!hasEndpoint) current = without;
  else if (command === 'check')
    current =
      'Add --endpoint URL to check the configuration that the running server has, not this file, or stop it.';
  else current = 'Add --endpoint URL to ask that one, or stop it.';
}
