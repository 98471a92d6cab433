// Where documents are kept: bytes by the hash of their content. Nothing a client writes is a name here.
import type { Readable } from 'node:stream';

export interface Blobs {
  /** A folder for uploads under way. */
  readonly incomingDir: string;
  /** Takes the file over, durably and at once; whoever opens the hash sees all of it. */
  publish(file: string, blob: { readonly sha256: string; readonly sizeBytes: number }): Promise<void>;
  /** undefined when there is nothing under this hash. */
  open(sha256: string): Promise<Readable | undefined>;
}

const hex = /^[0-9a-f]{64}$/;

/** `ab/abcd…`: two levels keep folders small. Throws on anything but a hash. */
export function pathOf(sha256: string): string {
  if (!hex.test(sha256)) throw new Error('a document is named by 64 hex digits');
  return `${sha256.slice(0, 2)}/${sha256}`;
}
