// Cutting a byte stream into lines. Works on bytes, so that no character is ever cut in two.

const NEWLINE = 0x0a;

export interface LineSplitter {
  /** Takes the next bytes and returns the lines they complete, without their newline. */
  push(chunk: Uint8Array): Buffer[];
}

/** A line longer than `maxLineBytes` throws, so that a broken peer cannot fill the memory. */
export function createLineSplitter(maxLineBytes: number): LineSplitter {
  // The beginning of a line that spans chunks; joined once, when its end arrives.
  let parts: Buffer[] = [];
  let partsBytes = 0;

  const keep = (part: Buffer) => {
    partsBytes += part.length;
    if (partsBytes > maxLineBytes) throw new Error(`a line is longer than ${maxLineBytes} bytes`);
    if (part.length > 0) parts.push(part);
  };

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const lines: Buffer[] = [];
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        keep(bytes.subarray(start, end));
        lines.push(parts.length === 1 ? (parts[0] ?? bytes) : Buffer.concat(parts));
        parts = [];
        partsBytes = 0;
        start = end + 1;
      }
      keep(bytes.subarray(start));
      return lines;
    },
  };
}
