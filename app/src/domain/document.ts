// A document of a customer: what is known of it. The bytes lie elsewhere, under their hash.

export interface NewDocument {
  readonly id: string;
  readonly account: string;
  /** 64 hex digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly contentType: string;
}

export interface Document extends NewDocument {
  readonly createdAt: Date;
}

/** Oldest first, from after one that was seen. */
export interface DocumentQuery {
  readonly account: string;
  readonly limit: number;
  /** The id of the last document of the page before. */
  readonly after: string | undefined;
}
