// Names of sets and of what is in them. Ids sort by time: 20261121T083900123Z-1f2e.
import { randomBytes } from 'node:crypto';

const setId = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-[0-9a-f]{4}$/;

export const manifestName = 'manifest.json';
export const dumpName = 'database.dump';

export function newSetId(now: Date): string {
  return `${now.toISOString().replace(/[-:.]/g, '')}-${randomBytes(2).toString('hex')}`;
}

export function isSetId(name: string): boolean {
  return setId.test(name);
}

/** When the set of this id was begun, in milliseconds since 1970; NaN for what is no id. */
export function timeOfSet(id: string): number {
  const parts = setId.exec(id)?.slice(1);
  if (parts === undefined) return Number.NaN;
  const [year, month, day, hour, minute, second, millis] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`);
}

/** Where the upload with this hash lies, in the app's folder and in a set. */
export function uploadPath(sha256: string): string {
  return `${sha256.slice(0, 2)}/${sha256}`;
}

export const uploadsFolder = 'uploads';
