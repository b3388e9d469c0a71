import { z } from 'zod';

/** What a process holds just after it has collected its garbage. Sizes in bytes. */
export const Measurement = z.object({
  residentBytes: z.number(),
  heapBytes: z.number(),
  /** Of buffers, which are outside the heap. */
  bufferBytes: z.number(),
  /** TCP connections, whichever end they were opened from. */
  connections: z.number(),
  /** Open file descriptors; undefined where there is no /proc to count them in. */
  descriptors: z.number().optional(),
});

export type Measurement = z.infer<typeof Measurement>;

const MEGABYTE = 2 ** 20;

/** For people: `61.2 MB resident, 22.0 MB heap, 0.3 MB buffers, 3 connections, 41 descriptors`. */
export function describeMeasurement(measured: Measurement): string {
  const { residentBytes, heapBytes, bufferBytes, connections, descriptors = 'uncounted' } = measured;
  const megabytes = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(1)} MB`;
  return `${megabytes(residentBytes)} resident, ${megabytes(heapBytes)} heap, ${megabytes(bufferBytes)} buffers, ${connections} connections, ${descriptors} descriptors`;
}
