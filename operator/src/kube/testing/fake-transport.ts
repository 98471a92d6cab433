// A Transport straight onto a fake store: no sockets, only promises, so that thousands of runs fit
// into a second. Frames go through bytes all the same, so that cuts happen where they would.

import { errorFromAnswer, errorWithoutAnswer } from '../api-error.ts';
import type { ApiCall, ByteStream, Transport } from '../transport.ts';
import type { FakeCall, FakeStore } from './fake-store.ts';

export interface FakeTransport extends Transport {
  /** Streams that nobody cancelled or ended yet. */
  openStreams(): readonly FakeStream[];
  /** The next calls fail with this status (0: no answer, -1: carried out, but the answer is lost). */
  failNext(status: number): void;
  readonly calls: readonly ApiCall[];
}

export interface FakeStream {
  /** Ends in good order, or with an error, or in the middle of the line that comes next. */
  end(): void;
  breakOff(): void;
  cutNextLine(): void;
  /** Sends the next frame twice. */
  duplicateNext(): void;
  sendRaw(text: string): void;
  /** Cuts every frame into pieces of so many bytes. */
  pieces(sizeBytes: number): void;
}

export function createFakeTransport(store: FakeStore): FakeTransport {
  const failures: number[] = [];
  const streams = new Set<FakeStream>();
  const calls: ApiCall[] = [];

  async function admit(call: ApiCall): Promise<void> {
    calls.push(call);
    await Promise.resolve();
    if (call.signal?.aborted === true) {
      throw errorWithoutAnswer('other', { what: call.path, reason: 'Stopped' });
    }
    const status = failures.shift();
    if (status === undefined) return;
    if (status === -1) store.handle(toFakeCall(call));
    if (status <= 0) throw errorWithoutAnswer('network', { what: call.path, reason: 'Lost' });
    throw errorFromAnswer({ status, body: '', what: call.path });
  }

  async function request(call: ApiCall): Promise<unknown> {
    call.guard?.();
    await admit(call);
    const answer = store.handle(toFakeCall(call));
    await Promise.resolve();
    if (answer.kind === 'watch') throw new Error('a watch is a stream');
    if (answer.status < 300) return structuredClone(answer.body);
    const body = JSON.stringify(answer.body);
    throw errorFromAnswer({ status: answer.status, body, what: call.path });
  }

  async function stream(call: ApiCall): Promise<ByteStream> {
    await admit(call);
    const answer = store.handle(toFakeCall(call));
    if (answer.kind !== 'watch') throw new Error('not a watch');
    const pipe = createPipe();
    let cutNext = false;
    let twice = false;
    let sizeBytes = Infinity;
    const stop = answer.open((event) => {
      const frame = Buffer.from(`${JSON.stringify(event)}\n`);
      if (cutNext) {
        pipe.push(frame.subarray(0, Math.floor(frame.length / 2)));
        pipe.finish(undefined);
        return;
      }
      for (const piece of cut(frame, sizeBytes)) pipe.push(piece);
      if (twice) pipe.push(frame);
      twice = false;
    });
    const control: FakeStream = {
      end: () => pipe.finish(undefined),
      breakOff: () =>
        pipe.finish(errorWithoutAnswer('network', { what: call.path, reason: 'Reset' })),
      cutNextLine() {
        cutNext = true;
      },
      duplicateNext() {
        twice = true;
      },
      sendRaw: (text) => pipe.push(Buffer.from(text)),
      pieces(bytes) {
        sizeBytes = bytes;
      },
    };
    streams.add(control);
    pipe.onFinish(() => {
      stop();
      streams.delete(control);
    });
    return { cancel: () => pipe.finish(undefined), [Symbol.asyncIterator]: pipe.iterate };
  }

  return {
    request: <T>(call: ApiCall) => request(call) as Promise<T>,
    stream,
    close: () => undefined,
    openStreams: () => [...streams],
    failNext: (status) => void failures.push(status),
    calls,
  };
}

function toFakeCall(call: ApiCall): FakeCall {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  const body: unknown = call.body === undefined ? undefined : structuredClone(call.body);
  return { method: call.method, path: call.path, query, contentType: call.contentType, body };
}

/** What is pushed comes out of the iteration; finishing ends it after what was pushed before. */
function createPipe() {
  const chunks: Buffer[] = [];
  const listeners: (() => void)[] = [];
  let end: { error: Error | undefined } | undefined;
  let wake: () => void = () => undefined;
  return {
    push(chunk: Buffer) {
      if (end === undefined) chunks.push(chunk);
      wake();
    },
    finish(error: Error | undefined) {
      if (end !== undefined) return;
      end = { error };
      for (const listener of listeners) listener();
      wake();
    },
    onFinish: (listener: () => void) => void (end === undefined ? listeners.push(listener) : listener()),
    async *iterate() {
      for (;;) {
        const chunk = chunks.shift();
        if (chunk !== undefined) yield chunk;
        else if (end?.error !== undefined) throw end.error;
        else if (end !== undefined) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
}

function* cut(frame: Buffer, sizeBytes: number): Generator<Buffer> {
  if (!Number.isFinite(sizeBytes)) {
    yield frame;
    return;
  }
  for (let start = 0; start < frame.length; start += sizeBytes) {
    yield frame.subarray(start, start + sizeBytes);
  }
}
