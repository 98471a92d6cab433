// What the kubelet says is wrong with a pod, in the catalogue's words, and whether it may pass.
import { list, number, record, text } from '../lib/json.ts';
import type { PodTrouble } from '../rollout/snapshot.ts';

/** Registry answers that no waiting will change. */
const CERTAIN_PULL = anyOf(
  'not found|manifest unknown|does not exist|no such image|repository name not known',
  'pull access denied|unauthorized|denied|forbidden|authentication required|401|403',
);
/** Answers that look final but come from trouble on the way. */
const PASSING_PULL = anyOf(
  'timeout|timed out|deadline exceeded|429|too many requests|toomanyrequests|50[0-9]',
  'connection refused|connection reset|i/o|no such host|temporary',
);

function anyOf(...words: readonly string[]): RegExp {
  return new RegExp(`\\b(?:${words.join('|')})\\b`, 'i');
}

/* What stands in the text as data: digests, quoted things, addresses and images. A port, a tag or a
   digest can hold the number of any answer. */
const DATA = [
  /sha256:[0-9a-f]+/gi,
  /\[(?:manifests|blobs) [^\]]*\]/g,
  /"[^"\s]*[/:@][^"\s]*"/g,
  /\bhttps?:\/\/[^\s"]+/gi,
  /(?<=^|[\s"'=(])[\w.-]+(?::\d+)?(?:\/[\w.-]+)+(?::[\w.-]+)?/g,
  /(?<=[\w.\]-]):\d+\b/g,
];

const CANNOT_RUN = new Set([
  'RunContainerError',
  'CreateContainerError',
  'PostStartHookError',
  'StartError',
  'ContainerCannotRun',
]);
const PULLING = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'RegistryUnavailable',
  'ErrImageNeverPull',
]);

/** From so many restarts on, a container that runs unready is in a loop; one crash may be a race. */
const CRASHES_OF_A_LOOP = 2;

/** The first trouble of a pod (as raw JSON), or undefined when nothing is wrong with it. */
export function podTrouble(pod: Record<string, unknown>): PodTrouble | undefined {
  const status = record(pod['status']);
  const containers = [
    ...list(status['initContainerStatuses']),
    ...list(status['containerStatuses']),
  ];
  for (const container of containers) {
    const found = containerTrouble(record(container));
    if (found) return found;
  }
  return unschedulable(status);
}

function containerTrouble(container: Record<string, unknown>): PodTrouble | undefined {
  const waiting = record(record(container['state'])['waiting']);
  const reason = text(waiting['reason']);
  const name = text(container['name']) ?? '?';
  if (reason === undefined) return betweenCrashes(container, name);
  const detail = text(waiting['message']) ?? '';
  const message = `container ${name}: ${reason}${detail ? `: ${detail}` : ''}`.slice(0, 512);
  if (reason === 'InvalidImageName')
    return { reason: 'InvalidImageName', isCertain: true, message };
  if (PULLING.has(reason))
    return { reason: 'ImageUnavailable', isCertain: isCertainPull(reason, detail), message };
  if (reason === 'CreateContainerConfigError')
    return { reason: 'ConfigError', isCertain: false, message };
  if (reason === 'CrashLoopBackOff') {
    return {
      reason: 'CrashLoop',
      isCertain: false,
      message: `${message}${lastExit(container)}`.slice(0, 512),
    };
  }
  if (CANNOT_RUN.has(reason)) return { reason: 'ContainerCannotRun', isCertain: false, message };
  return undefined;
}

/* Between two crashes the container runs for a moment: that is no recovery while it is not ready. */
function betweenCrashes(container: Record<string, unknown>, name: string): PodTrouble | undefined {
  const restarts = number(container['restartCount']) ?? 0;
  if (restarts < CRASHES_OF_A_LOOP || container['ready'] === true || lastExit(container) === '')
    return undefined;
  const message = `container ${name}: started again after ${restarts} crashes${lastExit(container)}`;
  return { reason: 'CrashLoop', isCertain: false, message: message.slice(0, 512) };
}

/* ImagePullBackOff says what failed in the message of newer kubelets; an older one says only "Back-off
   pulling image", and then ErrImagePull told it before: not certain, it passes or the grace ends. */
function isCertainPull(reason: string, detail: string): boolean {
  if (reason === 'ErrImageNeverPull') return true;
  const said = DATA.reduce((left, data) => left.replace(data, ' '), detail.slice(0, 2048));
  return CERTAIN_PULL.test(said) && !PASSING_PULL.test(said);
}

function lastExit(container: Record<string, unknown>): string {
  const terminated = record(record(container['lastState'])['terminated']);
  const code = number(terminated['exitCode']);
  if (code === undefined) return '';
  const why = text(terminated['reason']);
  return `; last exit code ${code}${why && why !== 'Error' ? ` (${why})` : ''}`;
}

function unschedulable(status: Record<string, unknown>): PodTrouble | undefined {
  const condition = list(status['conditions'])
    .map(record)
    .find(
      (one) =>
        one['type'] === 'PodScheduled' &&
        one['status'] === 'False' &&
        one['reason'] === 'Unschedulable',
    );
  if (!condition) return undefined;
  return {
    reason: 'Unschedulable',
    isCertain: false,
    message: (text(condition['message']) ?? 'no node fits').slice(0, 512),
  };
}
