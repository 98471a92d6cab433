// `backup run`: one moment of the database and every upload it knows, checked, published, thinned out.
// Readers see the whole set or nothing of it.
import type { Readable } from 'node:stream';

import type { BackupConfig } from './config.ts';
import { digestOf, digesting } from './durable.ts';
import { renderManifest } from './manifest.ts';
import type { Manifest, ManifestFile } from './manifest.ts';
import type { KeepPolicy } from './retention.ts';
import { checkSpace } from './preflight.ts';
import { rowsSql } from './row-counts.ts';
import { noteRun } from './run-notes.ts';
import { newCipher } from './set-cipher.ts';
import type { SetCipher } from './set-cipher.ts';
import { dumpName, newSetId } from './set-id.ts';
import { withSnapshot } from './snapshot.ts';
import type { Snapshot } from './snapshot.ts';
import { StallError } from './stall.ts';
import type { StepHook, Target, Writer } from './target.ts';
import { thinOut } from './thin-out.ts';
import { runTool } from './tool.ts';
import { copyUploads, referencedUploads } from './uploads.ts';

export type BackupOutcome =
  | {
      readonly kind: 'published';
      readonly manifest: Omit<Manifest, 'files'>;
      readonly deleted: readonly string[];
      readonly seconds: number;
      /** What the set lacks, for people to look after. */
      readonly problems: readonly string[];
    }
  /** Another writer is at work: no failure, its set will be there. */
  | { readonly kind: 'busy' };

export interface RunOptions {
  readonly config: BackupConfig;
  readonly target: Target;
  /** What stays of the sets that are there. */
  readonly keep: KeepPolicy;
  readonly now: () => Date;
  readonly onStep?: StepHook;
}

/** Throws when no set could be published; then none is visible. */
export async function runBackup(options: RunOptions): Promise<BackupOutcome> {
  const { target, keep, now, onStep = () => undefined } = options;
  const startedAt = now();
  const id = newSetId(startedAt);
  const writer = await target.openWriter(id);
  if (writer === undefined) return { kind: 'busy' };
  const seconds = (): number => (now().getTime() - startedAt.getTime()) / 1_000;
  try {
    await checkSpace(target);
    const cipher = newCipher(id, options.config.keys);
    const built = { ...options, onStep, writer, id, startedAt, cipher };
    const { files: _files, ...manifest } = await buildSet(built);
    await noteRun(target, { id, kind: 'published', seconds: seconds() });
    const deleted = await thinOut({ target, writer, keep });
    return {
      kind: 'published',
      manifest,
      deleted,
      seconds: seconds(),
      problems: problemsOf(manifest),
    };
  } catch (error) {
    // What does not answer cannot be tidied up either; the next writer will.
    if (!(error instanceof StallError)) {
      await writer.discard();
      await noteRun(target, { id, kind: 'failed', seconds: seconds(), error: String(error) });
    }
    throw error;
  } finally {
    await writer.release();
  }
}

interface BuildOptions extends Required<RunOptions> {
  readonly writer: Writer;
  readonly id: string;
  readonly startedAt: Date;
  readonly cipher: SetCipher;
}

async function buildSet(options: BuildOptions): Promise<Manifest> {
  const { config, writer, id, startedAt, now, cipher } = options;
  const taken = await withSnapshot(config, (snapshot) => takeSnapshot(options, snapshot));
  const manifest = cipher.sign({
    formatVersion: 2,
    id,
    epoch: writer.epoch,
    startedAt: startedAt.toISOString(),
    completedAt: now().toISOString(),
    ...taken,
  });
  await writer.publish(renderManifest(manifest));
  return manifest;
}

type Taken = Pick<Manifest, 'recoveryPoint' | 'database' | 'uploads' | 'files'>;

/* The database first: an upload is on the volume before its row is committed, so each file that the
   dump knows is there by now. */
async function takeSnapshot(options: BuildOptions, snapshot: Snapshot): Promise<Taken> {
  const { config, onStep } = options;
  const put = (name: string, source: Readable): Promise<ManifestFile> =>
    putContent(options, name, source);
  await onStep('dump');
  const dump = await dumpDatabase(config, { snapshot, put });
  const [rows = '{}'] = await snapshot.ask(rowsSql);
  await onStep('uploads');
  const uploads = await takeUploads(config, { snapshot, put });
  const files = [dump, ...uploads.files];
  await onStep('check-dump');
  await checkDump(options);
  await checkFiles(options, files);
  const { serverVersion, recoveryPoint } = snapshot;
  return {
    recoveryPoint,
    database: { name: config.database, serverVersion, rows: JSON.parse(rows) as Record<string, number> },
    uploads: uploads.summary,
    files,
  };
}

/** Stores a file, sealed where there is a key; then the manifest also tells what is inside. */
async function putContent(
  { config, writer, cipher }: BuildOptions,
  name: string,
  source: Readable,
): Promise<ManifestFile> {
  if (config.keys === undefined) return { name, ...(await writer.put(name, source)) };
  const { stream, digest } = digesting(source);
  const stored = await writer.put(name, cipher.seal(name, stream));
  return { name, ...stored, content: digest() };
}

interface Taking {
  readonly snapshot: Snapshot;
  readonly put: (name: string, source: Readable) => Promise<ManifestFile>;
}

async function takeUploads(
  { uploadsDir, documentTable, stallMs }: BackupConfig,
  { snapshot, put }: Taking,
): Promise<{ files: readonly ManifestFile[]; summary: Manifest['uploads'] }> {
  const hashes = await referencedUploads(snapshot, documentTable);
  if (uploadsDir === undefined)
    return { files: [], summary: { kind: 'not-included', referenced: hashes?.length ?? 0 } };
  if (hashes === undefined)
    throw new Error(
      `UPLOADS_DIR is set, and there is no table "${documentTable}" that says which files count: correct BACKUP_DOCUMENT_TABLE or leave UPLOADS_DIR out`,
    );
  const { files, missing } = await copyUploads({ uploadsDir, hashes, put, stallMs });
  return { files, summary: { kind: 'included', files: files.length, missing: [...missing] } };
}

/** The snapshot's moment of the database, without failing writers or being failed by them. */
async function dumpDatabase(config: BackupConfig, { snapshot, put }: Taking): Promise<ManifestFile> {
  let file: ManifestFile | undefined;
  await runTool({
    program: 'pg_dump',
    args: [
      '--format=custom',
      `--snapshot=${snapshot.name}`,
      '--no-password',
      '--lock-wait-timeout=60s',
      `--dbname=${config.database}`,
    ],
    env: config.toolEnv,
    timeoutMs: config.toolTimeoutMs,
    consume: async (output) => {
      file = await put(dumpName, output);
    },
  });
  if (file === undefined) throw new Error('pg_dump wrote nothing');
  return file;
}

/** pg_dump ending well is not enough: the file has to be readable again and hold the app's tables. */
async function checkDump({ config, writer, cipher }: BuildOptions): Promise<void> {
  const contents = await runTool({
    program: 'pg_restore',
    args: ['--list'],
    env: config.toolEnv,
    timeoutMs: config.toolTimeoutMs,
    input: cipher.open(dumpName, await writer.read(dumpName)),
  });
  const missing = config.requiredTables.filter(
    (table) => !new RegExp(` TABLE DATA \\S+ ${table} `).test(contents),
  );
  if (missing.length > 0)
    throw new Error(
      `the dump lacks the tables ${missing.join(', ')}: is ${config.database} the right database, and has the migration Job run?`,
    );
}

/** What was stored, asked of where it lies now and not of what we sent. */
async function checkFiles(
  { target, writer, id }: BuildOptions,
  files: readonly ManifestFile[],
): Promise<void> {
  const differs = (name: string): Error =>
    new Error(`${name} reads back differently from what was written: ${target.name} is not to be trusted`);
  if (target.rereads === 'sizes') {
    // The bucket has compared the sha256 of all that it took with the one we sent.
    const sizes = await target.sizes(id);
    const wrong = files.find((file) => sizes.get(file.name) !== file.sizeBytes);
    if (wrong !== undefined) throw differs(wrong.name);
    return;
  }
  for (const file of files) {
    const stored = await digestOf(await writer.read(file.name));
    if (stored.sha256 !== file.sha256) throw differs(file.name);
  }
}

function problemsOf({ uploads }: Omit<Manifest, 'files'>): readonly string[] {
  if (uploads.kind === 'not-included')
    return uploads.referenced === 0
      ? []
      : [
          `the database knows ${uploads.referenced} uploads and the set has none of them: set UPLOADS_DIR`,
        ];
  return uploads.missing.map((hash) => `the upload ${hash} is missing or damaged in UPLOADS_DIR`);
}
