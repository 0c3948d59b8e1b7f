import { stat } from 'node:fs/promises';

/** Differs when another file has taken the place of the open one. Rejects with the error of the file system, as where the file is gone. */
export async function fileIdentity(file: string): Promise<string> {
  const { dev, ino } = await stat(file, { bigint: true });
  return `${dev}:${ino}`;
}
