// What the programs print, a line at a time: who said it, and the app's JSON in words.

const COLOURS = { slipway: 32, app: 36, postgres: 34, redis: 31, migrate: 35 } as const;

/** Who can say something. */
export type Speaker = keyof typeof COLOURS;

const WIDTH = Math.max(...Object.keys(COLOURS).map((name) => name.length));
const LEVELS: Readonly<Record<number, string>> = {
  10: 'TRACE', 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR', 60: 'FATAL',
};
/* On every line of the app, and the same on each: they say nothing here. */
const EVERYWHERE = ['level', 'time', 'msg', 'message', 'pid', 'hostname', 'service', 'version', 'release'];

export type Paint = 'coloured' | 'plain';

/** Turns chunks of output into finished lines, each handed to `print`. */
export function lineSplitter(print: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') print(line);
  };
}

/** The line as it is shown: the speaker in front, JSON of the app in words. */
export function shownLine(speaker: Speaker, line: string, paint: Paint): string {
  const name = speaker.padEnd(WIDTH);
  const prefix = paint === 'coloured' ? `\u001B[${COLOURS[speaker]}m${name} |\u001B[0m` : `${name} |`;
  return `${prefix} ${inWords(line) ?? line}`;
}

function inWords(line: string): string | undefined {
  const entry = parsed(line);
  const message = entry?.['msg'] ?? entry?.['message'];
  if (entry === undefined || typeof message !== 'string') return undefined;
  const level = LEVELS[Number(entry['level'])] ?? String(entry['level'] ?? 'INFO').toUpperCase();
  const details = Object.entries(entry)
    .filter(([key]) => !EVERYWHERE.includes(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [level.padEnd(5), message, ...details].join(' ');
}

function parsed(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
