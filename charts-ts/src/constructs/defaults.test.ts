import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const SOURCES = join(import.meta.dirname, '..');

/** Each optional prop, with the doc comment right above it or none. */
function optionalProps(text: string) {
  const pattern = /(?:(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\s*)?^[ \t]*(?:readonly )?(\w+)\?:[^;,)]*;/gm;
  return [...text.matchAll(pattern)].map(({ 1: doc = '', 2: name = '', index }) => ({
    name,
    isProp: exportedInterfaceAt(text, index),
    doc,
  }));
}

/** Whether the text at `index` is in an exported interface or type: what users of a construct write. */
function exportedInterfaceAt(text: string, index: number): boolean {
  const before = text.slice(0, index).match(/^(?:export )?(?:interface|type|class|function) \w+/gm);
  const declaration = before?.at(-1) ?? '';
  return /^export (?:interface|type)/.test(declaration);
}

const FILES = ['constructs', 'alerts', 'environments'].flatMap((folder) =>
  readdirSync(join(SOURCES, folder))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`),
);

const undocumented = (text: string) =>
  optionalProps(text).filter(({ isProp, doc }) => isProp && !doc.includes('@default'));

describe('an optional prop', () => {
  const texts = FILES.map((file) => ({ file, text: readFileSync(join(SOURCES, file), 'utf8') }));

  it('says what holds without it, with @default in its doc comment', () => {
    const found = texts.flatMap(({ file, text }) => undocumented(text).map(({ name }) => `${file}: ${name}`));
    expect(texts.flatMap(({ text }) => optionalProps(text)).length).toBeGreaterThan(60);
    expect(found).toEqual([]);
  });

  it('is found when it does not', () => {
    const props = (body: string) => undocumented(`export interface Props {\n${body}\n}`).map(({ name }) => name);
    expect(props('  readonly a?: string;')).toEqual(['a']);
    expect(props('  /** Text. */\n  readonly a?: string;')).toEqual(['a']);
    expect(props('  /** Text. @default b */\n  readonly a: string;\n  readonly b?: { c: string };')).toEqual(['b']);
    expect(props('  /** Text. @default b */\n  readonly a?: string;')).toEqual([]);
  });
});
