// Interning: equal strings kept once. Thousands of pods carry the same labels, images and hashes.

export interface Interner {
  /** A string equal to `text`, the same one for equal texts as long as there is room. */
  intern(text: string): string;
  readonly size: number;
}

export interface InternerOptions {
  /** Texts kept (default 16,384); when full, all are let go and kept anew as they come. */
  readonly maxEntries?: number;
  /** Longer texts repeat seldom and pass through (default 256 characters). */
  readonly maxLength?: number;
}

export function createInterner(options: InternerOptions = {}): Interner {
  const { maxEntries = 16_384, maxLength = 256 } = options;
  const kept = new Map<string, string>();
  return {
    intern(text) {
      if (text.length > maxLength) return text;
      const known = kept.get(text);
      if (known !== undefined) return known;
      if (kept.size >= maxEntries) kept.clear();
      kept.set(text, text);
      return text;
    },
    get size() {
      return kept.size;
    },
  };
}
