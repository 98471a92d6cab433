// The three probes of a program: pages that it answers, or only its port.
import { Duration } from 'cdk8s';
import { Probe, type HttpGetProbeOptions } from 'cdk8s-plus-27';

export interface HttpProbes {
  readonly startup: Probe;
  readonly readiness: Probe;
  readonly liveness: Probe;
}

/**
 * Startup every second for as long as `startSeconds`, so that a slow start is no crash loop and a
 * quick one is seen at once; readiness every 2 s, because rollback waits for it; liveness is patient.
 */
export function httpProbes(port: number, startSeconds = 60): HttpProbes {
  return probesAt({ port, startSeconds });
}

/** A page by its path, or `port` where an open port has to do. */
export type ProbeTarget = `/${string}` | 'port';

export interface ProbePlan {
  readonly port: number;
  /** @default 60 */
  readonly startSeconds?: number;
  /** @default /readyz */
  readonly ready?: ProbeTarget;
  /** @default /livez */
  readonly live?: ProbeTarget;
}

/** The same for a program of another kind. */
export function probesAt(plan: ProbePlan): HttpProbes {
  const { port, startSeconds = 60, ready = '/readyz', live = '/livez' } = plan;
  return {
    startup: probe(live, {
      port,
      periodSeconds: Duration.seconds(1),
      timeoutSeconds: Duration.seconds(2),
      failureThreshold: startSeconds,
    }),
    readiness: probe(ready, {
      port,
      periodSeconds: Duration.seconds(2),
      timeoutSeconds: Duration.seconds(2),
      failureThreshold: 2,
    }),
    liveness: probe(live, {
      port,
      periodSeconds: Duration.seconds(10),
      timeoutSeconds: Duration.seconds(5),
      failureThreshold: 3,
    }),
  };
}

function probe(target: ProbeTarget, options: HttpGetProbeOptions): Probe {
  return target === 'port' ? Probe.fromTcpSocket(options) : Probe.fromHttpGet(target, options);
}
