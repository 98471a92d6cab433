// Writes the evidence journal of a release under way into the log: `kubectl slipway replay` reads it.
import type { Analysed, AnalysisState } from '../analysis/analyse.ts';
import { EVIDENCE_VERSION, type EvidenceLine, markOf } from '../analysis/evidence-line.ts';
import type { AnalysisParams } from '../analysis/params.ts';
import type { Log } from '../lib/log.ts';

export interface EvidenceJournal {
  poll(analysed: Pick<Analysed, 'outcomes' | 'verdict'>): void;
}

interface Begun {
  readonly release: string;
  readonly revision: number;
  readonly params: AnalysisParams;
  readonly state: AnalysisState;
}

/** Begins with the rules and with what is known already; then one line for each poll. */
export function beginEvidenceJournal(log: Log, begun: Begun): EvidenceJournal {
  const { params, release, revision, state } = begun;
  let poll = 0;
  const write = (line: EvidenceLine): void => log('info', 'evidence', { ...line });
  const head = () => ({ kind: 'evidence' as const, version: EVIDENCE_VERSION, release, revision, poll });
  write({ ...head(), begin: { params, state: state.judge } });
  return {
    poll({ outcomes, verdict }) {
      poll += 1;
      write({ ...head(), outcomes, verdict: markOf(verdict) });
    },
  };
}
