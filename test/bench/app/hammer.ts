// Keeps a server busy: so many connections, each with its next request as soon as it has its answer.
// Plain sockets, so that the sender costs less than what it measures.
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface HammerOptions {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly forMs: number;
}

/** Answers in all. Throws on anything but 200, and when a connection breaks. */
export async function hammer(options: HammerOptions): Promise<number> {
  const endsAt = performance.now() + options.forMs;
  const counts = await Promise.all(
    Array.from({ length: options.connections }, () => hammerOnce(options, endsAt)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function hammerOnce({ port, path }: HammerOptions, endsAt: number): Promise<number> {
  const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`;
  return new Promise((resolve, reject) => {
    let answers = 0;
    let seen = '';
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.setNoDelay(true).setEncoding('latin1');
    socket.once('error', reject);
    socket.once('close', () => resolve(answers));
    socket.on('data', (text: string) => {
      seen += text;
      if (!isWhole(seen)) return;
      if (!seen.startsWith('HTTP/1.1 200 ')) {
        socket.destroy(new Error(`answered ${seen.slice(0, 200)}`));
        return;
      }
      answers += 1;
      seen = '';
      if (performance.now() < endsAt) socket.write(request);
      else socket.end();
    });
  });
}

function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
  return text.length >= head + 4 + length;
}
