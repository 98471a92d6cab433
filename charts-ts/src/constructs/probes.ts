// The three probes of a program that answers /livez and /readyz.
import { Duration } from 'cdk8s';
import { Probe } from 'cdk8s-plus-27';

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
  return {
    startup: Probe.fromHttpGet('/livez', {
      port,
      periodSeconds: Duration.seconds(1),
      timeoutSeconds: Duration.seconds(2),
      failureThreshold: startSeconds,
    }),
    readiness: Probe.fromHttpGet('/readyz', {
      port,
      periodSeconds: Duration.seconds(2),
      timeoutSeconds: Duration.seconds(2),
      failureThreshold: 2,
    }),
    liveness: Probe.fromHttpGet('/livez', {
      port,
      periodSeconds: Duration.seconds(10),
      timeoutSeconds: Duration.seconds(5),
      failureThreshold: 3,
    }),
  };
}
