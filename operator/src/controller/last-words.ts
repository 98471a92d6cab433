// What a crashed container said last, as the kubelet keeps it in the pod's status: the program's own
// termination message, or the end of its log with `terminationMessagePolicy: FallbackToLogsOnError`.
// No right to read logs is needed for it. What looks like a secret is taken out.
import { list, record, text } from '../lib/json.ts';

/** So much of it goes into a sentence. */
const LINES_MAX = 3;
const CHARACTERS_MAX = 240;

const HIDDEN = '[hidden]';
const TELLING = 'password|passwd|secret|token|api[-_]?key|credential';
/* Values behind telling names, credentials in addresses, bearer tokens, and long strings of no words. */
const SECRETS: readonly (readonly [pattern: RegExp, kept: string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [
    new RegExp(`\\b([\\w-]*(?:${TELLING})[\\w-]*["']?\\s*[:=]\\s*["']?)[^\\s"',;&]+`, 'gi'),
    `$1${HIDDEN}`,
  ],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${HIDDEN}@`],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, HIDDEN],
  [/\b(?=[\w+/]*\d)(?=[\w+/]*[A-Za-z])[\w+/]{40,}={0,2}/g, HIDDEN],
];

/** The last lines of the first container of a pod (raw JSON) that ended with an error. */
export function lastWords(pod: Record<string, unknown>): string | undefined {
  const status = record(pod['status']);
  const containers = [
    ...list(status['initContainerStatuses']),
    ...list(status['containerStatuses']),
  ].map(record);
  for (const container of containers) {
    const ended =
      record(record(container['state'])['terminated'])['exitCode'] === undefined
        ? record(record(container['lastState'])['terminated'])
        : record(record(container['state'])['terminated']);
    const said = ended['exitCode'] === 0 ? undefined : readable(text(ended['message']) ?? '');
    if (said) return said;
  }
  return undefined;
}

/** One line without control characters and secrets; '' where nothing is left. */
export function readable(message: string): string {
  const lines = message
    .split(/\r?\n/)
    // eslint-disable-next-line no-control-regex -- terminals' colours and bells are what is meant
    .map((line) => line.replace(/\u001b\[[0-9;]*m/g, '').replace(/[\u0000-\u001f\u007f]/g, ' ').trim())
    .filter((line) => line !== '')
    .slice(-LINES_MAX);
  const hidden = SECRETS.reduce((said, [pattern, kept]) => said.replace(pattern, kept), lines.join(' | '));
  return hidden.length > CHARACTERS_MAX ? `...${hidden.slice(3 - CHARACTERS_MAX)}` : hidden;
}
