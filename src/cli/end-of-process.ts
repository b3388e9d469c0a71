/** Resolves at the first SIGINT, SIGTERM or SIGHUP; those that follow change nothing, so that what is under way can end. */
export function endOfProcess(): Promise<void> {
  return new Promise((end) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end());
  });
}
