import { type StatsListener, unwatchFile, watchFile } from 'node:fs';

/** Milliseconds between two looks. Looking works where events don't: over mounts, and where links are turned. */
const INTERVAL = 5000;

/**
 * Calls `changed` when one of the files is another than it was.
 * @returns ends it
 */
export function watchFiles(
  files: readonly string[],
  changed: () => void,
  interval: number = INTERVAL,
): () => void {
  const look: StatsListener = () => changed();
  for (const file of files) watchFile(file, { interval, persistent: false }, look);
  return () => {
    for (const file of files) unwatchFile(file, look);
  };
}
