// Where sets are kept, as the commands see it: a volume or a bucket. A set is a folder of files and a
// manifest that comes last; whoever reads sees the whole set or nothing of it.
import type { Readable } from 'node:stream';

import type { Digest } from './durable.ts';

/** Called before each step that can be cut off; tests stop the process in here. */
export type StepHook = (step: string) => Promise<void> | void;

/** Folders of small JSON notes beside the sets: what runs and drills have to tell. */
export type NoteFolder = 'drills' | 'runs';

/** What readers need. */
export interface Target {
  /** For people: `volume /backup` or `s3://bucket/prefix`. */
  readonly name: string;
  /** What looking at old sets again may cost: every byte of a volume, only the sizes of a bucket. */
  readonly rereads: 'bytes' | 'sizes';
  /** Ids of published sets, newest first. */
  listSets(): Promise<readonly string[]>;
  /** One file of a set. Throws MissingFileError. */
  read(id: string, file: string): Promise<Readable>;
  /** Bytes of each file of a set, by name. */
  sizes(id: string): Promise<ReadonlyMap<string, number>>;
  /** Undefined where there is no limit that could be asked for. */
  freeBytes(): Promise<number | undefined>;
  /** Names, oldest first. */
  listNotes(folder: NoteFolder): Promise<readonly string[]>;
  readNote(folder: NoteFolder, name: string): Promise<string>;
  writeNote(folder: NoteFolder, note: Note): Promise<void>;
  /** Undefined while another writer is at work. `id` names the set that is going to be written. */
  openWriter(id: string): Promise<Writer | undefined>;
  /** Undefined while another drill is at work. Drills and writers do not disturb each other. */
  lockDrills(): Promise<Held | undefined>;
}

export interface Note {
  readonly name: string;
  readonly text: string;
  /** How many notes of the folder stay; the oldest go. */
  readonly keep: number;
}

export interface Held {
  release(): Promise<void>;
}

/** The one writer of a target, and the set it is at work on. */
export interface Writer extends Held {
  /** Fencing token: each writer's is greater than all before it. */
  readonly epoch: number;
  /** Stores a file; nobody sees it yet. The digest is of what was stored. */
  put(file: string, source: Readable): Promise<Digest>;
  /** A file of the set at work, from where it lies now. */
  read(file: string): Promise<Readable>;
  /** Makes the set visible. Throws FencedError when another writer has taken over. */
  publish(manifest: string): Promise<void>;
  /** Takes back whatever of the set is not published. */
  discard(): Promise<void>;
  /** Deletes a published set; says why it has to stay where the target does not allow it. */
  remove(id: string): Promise<Removal>;
}

export type Removal = { readonly kind: 'removed' } | { readonly kind: 'kept'; readonly reason: string };

/** Another writer has taken over in the meantime: nothing of ours may become visible. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/** There is no such file in the set. */
export class MissingFileError extends Error {
  override readonly name = 'MissingFileError';
}
