// All images of this project, as data: what they are called and what they are built from.

/** A program bundled to one file, `dist/<name>.mjs`. */
export const BUNDLES = {
  operator: 'operator/src/main.ts',
  // Apart from the operator, which in a pod never loads it: its text alone is 10 MB of memory.
  kubeconfig: 'node_modules/@kubernetes/client-node/dist/config.js',
  app: 'app/src/main.ts',
  migrate: 'prisma/migrate.ts',
  backup: 'backup/src/main.ts',
} as const;

export type BundleName = keyof typeof BUNDLES;

/** A root file system of Debian packages, unpacked without running their scripts. */
export type Rootfs = {
  readonly packages: readonly string[];
  /** Paths inside it that nobody needs at run time. */
  readonly remove: readonly string[];
};

export const SUITE = 'bookworm';

const DOCUMENTS = [
  'usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/info', 'usr/share/lintian',
  'usr/share/i18n', 'usr/share/bash-completion', 'usr/share/bug', 'usr/share/gcc',
  'usr/lib/x86_64-linux-gnu/gconv',
];

export const ROOTFS = {
  node: { packages: ['libc6', 'libgcc-s1', 'libstdc++6'], remove: DOCUMENTS },
  postgres: {
    packages: ['postgresql-15', 'postgresql-client-15', 'dash', 'coreutils', 'sed', 'util-linux', 'libc-bin'],
    // Just-in-time compilation needs the compiler, which is most of the size.
    remove: [
      ...DOCUMENTS, 'usr/lib/x86_64-linux-gnu/libLLVM*', 'usr/lib/x86_64-linux-gnu/libz3*', 'usr/lib/llvm-14',
      'usr/lib/postgresql/15/lib/llvmjit*', 'usr/lib/postgresql/15/lib/bitcode', 'usr/share/perl*', 'usr/bin/perl*',
      'usr/lib/x86_64-linux-gnu/perl*', 'usr/lib/x86_64-linux-gnu/libperl*', 'usr/share/postgresql-common',
    ],
  },
} as const satisfies Record<string, Rootfs>;

export type ImageSpec = {
  readonly reference: string;
  /** Path of the Dockerfile from the repository's root. */
  readonly dockerfile: string;
  /** Folder the Dockerfile copies from. */
  readonly context: { readonly kind: 'repository' } | { readonly kind: 'rootfs'; readonly rootfs: keyof typeof ROOTFS };
  /** Reference of an image of this list that is handed over as BASE; it comes earlier in the list. */
  readonly base?: string;
  /** What takes its place where there is a Docker engine and a registry. */
  readonly dockerBase?: string;
  readonly bundles: readonly BundleName[];
  /** Further files the Dockerfile copies, from the context's root. */
  readonly files: readonly string[];
  readonly args: Readonly<Record<string, string>>;
};

const NODE = 'localhost/slipway/node:24';
const POSTGRES = 'localhost/slipway/postgres:15';
const LEDGER_VERSIONS = ['1.0.0', '1.1.0', '1.2.0'];

const onNode = { context: { kind: 'repository' }, base: NODE, dockerBase: 'node:24-slim' } as const;

/** In building order: an image comes after its base. */
export const IMAGES: readonly ImageSpec[] = [
  {
    reference: NODE, dockerfile: 'tools/images/node/Dockerfile', context: { kind: 'rootfs', rootfs: 'node' },
    dockerBase: 'node:24-slim', bundles: [], files: ['passwd', 'group', 'node'], args: {},
  },
  {
    reference: POSTGRES, dockerfile: 'tools/images/postgres/Dockerfile', context: { kind: 'rootfs', rootfs: 'postgres' },
    dockerBase: 'postgres:15', bundles: [], files: ['passwd', 'group', 'entrypoint.sh'], args: {},
  },
  {
    ...onNode, reference: 'localhost/slipway/operator:dev', dockerfile: 'operator/Dockerfile',
    bundles: ['operator', 'kubeconfig'], files: [], args: {},
  },
  // The same program under several versions, so that a demo has something to release.
  ...LEDGER_VERSIONS.map((version): ImageSpec => ({
    ...onNode, reference: `localhost/slipway/ledger:${version}`, dockerfile: 'app/Dockerfile',
    bundles: ['app'], files: [], args: { VERSION: version },
  })),
  {
    ...onNode, reference: 'localhost/slipway/migrate:dev', dockerfile: 'prisma/Dockerfile',
    bundles: ['migrate'], files: ['prisma/migrations'], args: {},
  },
  {
    reference: 'localhost/slipway/backup:dev', dockerfile: 'backup/Dockerfile', context: { kind: 'repository' },
    base: POSTGRES, dockerBase: 'postgres:15', bundles: ['backup'], files: ['dist/node'], args: {},
  },
];

/** The image of a reference. */
export const imageOf = (reference: string, images: readonly ImageSpec[] = IMAGES): ImageSpec => {
  const found = images.find((image) => image.reference === reference);
  if (found === undefined) throw new Error(`the catalog has no image ${reference}`);
  return found;
};
