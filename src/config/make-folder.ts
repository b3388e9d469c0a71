import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder, and those above it that are missing; leaves one that is there as it is. Node's own recursive way goes
 * on for ever below a folder in which nothing can be made (/proc): here each is tried twice at most.
 *
 * @param mode of each folder that is made; as the process's umask has it if left out
 * @throws the file system's error
 */
export async function makeFolder(folder: string, mode?: number): Promise<void> {
  if ((await made(folder, mode)) || dirname(folder) === folder) return;
  await makeFolder(dirname(folder), mode);
  if (!(await made(folder, mode)))
    throw Object.assign(new Error('no folder can be made'), { code: 'ENOENT' });
}

/** False: the folder above it is missing, or says so. */
async function made(folder: string, mode: number | undefined): Promise<boolean> {
  try {
    await mkdir(folder, { mode });
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return true;
    if (code === 'ENOENT') return false;
    throw error;
  }
}
