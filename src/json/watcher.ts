import type { Fault } from './fault.ts';

/**
 * Told of the text's root and of the children of the containers that it wants to watch. Positions are bytes from
 * the beginning of the chunk at hand, negative if they stand in an earlier one. A fault stops the machine for good.
 */
export interface Watcher {
  /** Whether to be told of a key of so many bytes, quotes included, in which nothing is escaped. */
  wants(length: number): boolean;
  /**
   * The key of a member, both quotes included; `plain`: nothing in it is escaped. Returns whether to be told of the
   * member's value.
   */
  key(from: number, to: number, plain: boolean): boolean | Fault;
  /** A value begins with this byte. Of an object or an array: whether to watch its children too. */
  value(at: number, first: number): boolean | Fault;
  /** The value ends; `plain`: a string without escapes, or a number with neither fraction nor exponent. */
  valueEnd(to: number, plain: boolean): Fault | undefined;
  /** The innermost watched container's closing bracket. Its own `valueEnd` follows. */
  close(at: number): Fault | undefined;
}
