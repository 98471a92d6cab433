// The part of ASN.1 DER that an X.509 certificate needs. Only writing, no reading.

export type Der = Uint8Array;

/** One tag-length-value element. */
export const element = (tag: number, ...parts: readonly Uint8Array[]): Der => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag), lengthOf(content.length), content]);
};

const lengthOf = (length: number): Uint8Array => {
  if (length < 0x80) return Uint8Array.of(length);
  if (length < 0x100) return Uint8Array.of(0x81, length);
  if (length < 0x10000) return Uint8Array.of(0x82, length >> 8, length & 0xff);
  throw new Error(`a DER element of ${length} bytes is larger than a certificate may be here`);
};

export const sequence = (...parts: readonly Der[]): Der => element(0x30, ...parts);
export const set = (...parts: readonly Der[]): Der => element(0x31, ...parts);
export const octets = (content: Uint8Array): Der => element(0x04, content);
export const utf8 = (text: string): Der => element(0x0c, Buffer.from(text, 'utf8'));
export const boolTrue = (): Der => element(0x01, Uint8Array.of(0xff));

/** A non-negative integer from its big-endian bytes. */
export const integer = (bytes: Uint8Array): Der => {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const trimmed = bytes.subarray(start);
  const isHigh = ((trimmed[0] ?? 0) & 0x80) !== 0;
  return element(0x02, isHigh ? Buffer.concat([Uint8Array.of(0), trimmed]) : trimmed);
};

/** A string of bits; `unusedBits` counts those at the end of the last byte. */
export const bits = (content: Uint8Array, unusedBits = 0): Der =>
  element(0x03, Uint8Array.of(unusedBits), content);

/** An object identifier such as 2.5.4.3. */
export const objectId = (dotted: string): Der => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Uint8Array.from([first * 40 + second, ...rest.flatMap(base128)]));
};

const base128 = (value: number): readonly number[] => {
  const digits = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
};

/** UTCTime, good for the years 1950 to 2049. */
export const utcTime = (instant: Date): Der => {
  const digits = instant.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`, 'ascii'));
};
