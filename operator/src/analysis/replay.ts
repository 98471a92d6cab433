// Replays an evidence journal: the same rules on what was written down, one release after the other.
// Lines that are missing are noticed; nothing is judged past a gap.
import { judgeOutcomes } from './analyse.ts';
import { type EvidenceLine, type VerdictMark, markOf } from './evidence-line.ts';
import type { JudgeState } from './judge.ts';
import type { AnalysisParams } from './params.ts';
import type { Verdict } from './verdict.ts';

/** One poll as it was, and as it comes out again. */
export type ReplayedPoll = {
  readonly poll: number;
  readonly canaryWeightPercent: number | undefined;
  readonly recorded: VerdictMark;
  readonly verdict: Verdict;
};

/** The course of one revision, from a line that begins to the last one before a gap or the end. */
export type Replay = {
  readonly release: string;
  readonly revision: number;
  readonly params: AnalysisParams;
  readonly polls: readonly ReplayedPoll[];
  /** The first poll that came out otherwise than it was recorded. */
  readonly differsAt?: number;
  /** Why the course ends before the journal does. */
  readonly gap?: { readonly expected: number; readonly found: number };
};

/** Lines without a beginning before them are left out: they cannot be judged. */
export function replay(lines: readonly EvidenceLine[]): readonly Replay[] {
  const courses = new Map<string, Course>();
  const finished: Replay[] = [];
  for (const line of lines) {
    const key = `${line.release}#${line.revision}`;
    const course = courses.get(key);
    if ('begin' in line) {
      if (course) finished.push(course.replay);
      courses.set(key, begun(line, line.begin));
    } else if (course) {
      courses.set(key, stepped(course, line));
    }
  }
  return [...finished, ...[...courses.values()].map((course) => course.replay)];
}

type Course = { readonly replay: Replay; readonly state: JudgeState };
type PollLine = Extract<EvidenceLine, { readonly outcomes: unknown }>;

function begun(
  { release, revision }: EvidenceLine,
  { params, state }: { readonly params: AnalysisParams; readonly state: JudgeState },
): Course {
  return { replay: { release, revision, params, polls: [] }, state };
}

function stepped(course: Course, { outcomes, poll, verdict: recorded }: PollLine): Course {
  const { replay: before, state } = course;
  if (before.gap !== undefined) return course;
  const expected = before.polls.length + 1;
  if (poll !== expected) return { ...course, replay: { ...before, gap: { expected, found: poll } } };
  const judged = judgeOutcomes(state, outcomes, before.params);
  const canaryWeightPercent =
    outcomes.pods.kind === 'delta' ? outcomes.pods.canaryWeightPercent : undefined;
  const replayed = { poll, canaryWeightPercent, recorded, verdict: judged.verdict };
  const isNew = before.differsAt === undefined && !isSame(markOf(judged.verdict), recorded);
  return {
    state: judged.state,
    replay: {
      ...before,
      polls: [...before.polls, replayed],
      ...(isNew ? { differsAt: poll } : {}),
    },
  };
}

function isSame(a: VerdictMark, b: VerdictMark): boolean {
  return a.kind === b.kind && a.reason === b.reason && a.evidence === b.evidence;
}
