// Loaded into a process before its program: tells what the process holds, when its parent asks.
import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Measurement } from './measurement.ts';

process.on('message', () => void tell());
// The program ends when it is done, not when its parent is.
process.channel?.unref();

async function tell(): Promise<void> {
  // What is finalized in one collection is freed by the next.
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await nextTurn();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const measured: Measurement = {
    residentBytes: rss,
    heapBytes: heapUsed,
    bufferBytes: external,
    connections: process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length,
    descriptors: countDescriptors(),
  };
  process.send?.(measured);
}

function countDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
