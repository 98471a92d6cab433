// A rendered Kubernetes object: what every one of them has, and the rest unread.

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Throws for what is no Kubernetes object with a name. */
export function asManifest(object: object): Manifest {
  if ('apiVersion' in object && 'kind' in object && 'metadata' in object) {
    const { metadata } = object;
    if (typeof metadata === 'object' && metadata !== null && 'name' in metadata) return object as Manifest;
  }
  throw new Error(`no Kubernetes object: ${JSON.stringify(object).slice(0, 200)}`);
}
