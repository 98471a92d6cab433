// The types of documents that are taken. What a file is, its first bytes say; the header only claims.

const signatures = {
  'application/pdf': ['25504446 2d'],
  'image/jpeg': ['ffd8ff'],
  'image/png': ['89504e47 0d0a1a0a'],
} as const satisfies Record<string, readonly string[]>;

export type DocumentType = keyof typeof signatures;

export const documentTypes = Object.keys(signatures) as readonly DocumentType[];
/** As many first bytes as are needed to tell. */
export const signatureBytes = 8;

/** Reads a Content-Type header; undefined when it names no type that is taken. */
export function readDocumentType(header: string | undefined): DocumentType | undefined {
  const essence = (header ?? '').split(';', 1)[0]?.trim().toLowerCase();
  return documentTypes.find((type) => type === essence);
}

/** Whether a file that begins like this is of the type. */
export function looksLike(type: DocumentType, firstBytes: Buffer): boolean {
  const start = firstBytes.toString('hex');
  return signatures[type].some((signature) => start.startsWith(signature.replaceAll(' ', '')));
}
