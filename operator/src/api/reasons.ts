// The closed catalogue of reasons: every condition, event, outcome and history entry carries one.
// `what` is for the reference page, `remedy` says what a person can do; '' where nothing is needed.

interface ReasonText {
  readonly what: string;
  readonly remedy: string;
}

export const REASONS = {
  // How a release goes
  FirstRelease: { what: 'There is no older version: the first one goes up whole.', remedy: '' },
  ReleaseStarted: { what: 'A new version was found and its release began.', remedy: '' },
  StepStarted: { what: 'A step of the release began.', remedy: '' },
  Promoting: { what: 'All steps passed; the candidate gets everything.', remedy: '' },
  Promoted: { what: 'The candidate serves everything and is the stable version now.', remedy: '' },
  UpToDate: { what: 'The wanted version serves everything.', remedy: '' },
  Superseded: { what: 'A newer version was asked for before this one was finished.', remedy: '' },
  Undone: { what: 'The wanted version went back to stable before the release was finished.', remedy: '' },
  Scaling: { what: 'Pods are being added or removed.', remedy: '' },
  WaitingForConfig: { what: 'A change was seen; others of the same apply are awaited.', remedy: '' },

  // Holding
  PauseStep: { what: 'A pause step holds the release.', remedy: 'kubectl slipway promote <release>' },
  PausedBySpec: { what: 'spec.paused holds the release.', remedy: 'Set spec.paused to false.' },
  PausedByAction: { what: 'Somebody paused the release.', remedy: 'kubectl slipway resume <release>' },
  NoEvidence: {
    what: 'The candidate answered too few requests to be judged before the deadline.',
    remedy: 'Send traffic, lower verify.requests, or promote by hand.',
  },
  StableUnavailable: {
    what: 'Stable has no ready pod; traffic stays with whatever answers.',
    remedy: 'Look at the pods of the stable ReplicaSet.',
  },
  SharedOutage: {
    what: 'Stable itself fails more than it usually does: nothing is promoted and no time runs meanwhile.',
    remedy: 'Look for a cause that both share; it goes on by itself when stable is well again.',
  },
  StableWorse: {
    what: 'Stable is failing and the candidate is shown to do better.',
    remedy: 'kubectl slipway promote <release>, or set checks.rescue to allow.',
  },
  Rescue: { what: 'Stable is failing and the candidate does better: it gets everything at once.', remedy: '' },
  SharedCause: {
    what: 'Stable fails in the same way as the candidate: no verdict is drawn from it.',
    remedy: 'Look for a cause that both share, such as a database or a registry.',
  },

  // Taken back: certain failures of pods
  ImageUnavailable: {
    what: 'The image does not exist or may not be pulled.',
    remedy: 'Push the image, then kubectl slipway retry <release>; or correct its name.',
  },
  InvalidImageName: { what: 'The image name cannot be parsed.', remedy: 'Correct the image name.' },
  ConfigError: {
    what: 'A container cannot be configured (a missing Secret, ConfigMap or key).',
    remedy: 'Create what the message names, or correct the reference.',
  },
  ContainerCannotRun: { what: 'The container runtime cannot start the container.', remedy: 'Look at the message of the pod.' },
  CrashLoop: { what: 'Candidate pods crash again and again.', remedy: 'Look at the logs of the crashed container.' },
  Unschedulable: { what: 'No node takes the candidate pods.', remedy: 'Add room or lower the requests.' },
  ReadinessFlapping: {
    what: 'Candidate pods lose readiness again and again.',
    remedy: 'Look at the readiness probe and at restarts.',
  },
  ReadinessLost: { what: 'Candidate pods that served are not ready any more.', remedy: 'Look at the readiness probe.' },
  ProgressDeadlineExceeded: {
    what: 'No further candidate pod became Ready within progressDeadlineSeconds.',
    remedy: 'Look at the readiness probe, or raise progressDeadlineSeconds.',
  },
  QuotaExceeded: {
    what: 'A ResourceQuota or an admission rule forbids the pods.',
    remedy: 'Raise the quota; stable is never shrunk to make room.',
  },

  // Taken back: evidence, people
  ChecksFailed: { what: 'The candidate answers worse than stable beyond chance, or values of a query stayed bad.', remedy: 'Look at status.checks.' },
  CandidateSilent: {
    what: 'The candidate gets a share of the traffic and answers nothing.',
    remedy: 'Look whether it listens on the port that the Service names.',
  },
  SharedHarm: {
    what: 'Stable failed soon after the candidate got more traffic, and recovered when that was withdrawn.',
    remedy: 'Look at what both share: a database, a cache, a queue.',
  },
  NoDataAtDeadline: { what: 'Nothing could be judged before the deadline, and onDeadline says rollback.', remedy: '' },
  AbortedByUser: { what: 'Somebody aborted the release.', remedy: 'kubectl slipway retry <release>, or apply another version.' },
  RevisionRefused: {
    what: 'This version failed before; it is refused until another one was asked for in between.',
    remedy: 'Apply another version, or kubectl slipway retry <release>.',
  },
  FirstReleaseFailed: { what: 'The first version failed and there is nothing to go back to.', remedy: 'Apply a version that works.' },

  StateRebuilt: {
    what: 'The status was lost; the state was rebuilt from the ReplicaSets, Services and the route.',
    remedy: '',
  },

  // Blocked
  InvalidSpec: { what: 'The specification makes no sense.', remedy: 'Correct the field that the message names.' },
  WorkloadNotFound: { what: 'The Deployment does not exist.', remedy: 'Create it or correct spec.workloadRef.name.' },
  ServiceNotFound: { what: 'The Service does not exist.', remedy: 'Create it or correct spec.traffic.service.' },
  RouteNotFound: { what: 'The HTTPRoute does not exist.', remedy: 'Create it or correct routeRef.name.' },
  RuleNotFound: {
    what: 'Not exactly one rule of the HTTPRoute has that name with both backendRefs.',
    remedy: 'Name one rule so, with backendRefs <release>-stable and <release>-canary.',
  },
  RouteNotAccepted: { what: 'The gateway does not accept the HTTPRoute.', remedy: 'Look at the status of the HTTPRoute.' },
  TrafficChanged: {
    what: 'A Service or route of this release splits traffic in a way that the specification no longer asks for.',
    remedy: 'Put spec.traffic back as it was, or delete the AppRelease (hand back) and make it again.',
  },
  GatewayApiMissing: { what: 'The cluster has no HTTPRoute kind.', remedy: 'Install the Gateway API CRDs.' },
  TemplateRejected: { what: 'The API server refuses the pod template.', remedy: 'Correct the field that the message names.' },
  AlreadyClaimed: { what: 'An older AppRelease has this workload, Service or route.', remedy: 'Delete one of the two.' },
  NameTaken: { what: 'An object of our name exists that we did not make.', remedy: 'Rename the AppRelease or remove the object.' },
  WorkloadBusy: { what: 'The Deployment is in the middle of a rollout.', remedy: 'Wait, or finish or undo that rollout.' },
  TargetedByAutoscaler: {
    what: 'A HorizontalPodAutoscaler scales the Deployment.',
    remedy: 'Point its scaleTargetRef at the AppRelease.',
  },
  ReplicasOwnedElsewhere: {
    what: 'Another manager sets spec.replicas of the Deployment; it is left paused.',
    remedy: 'Set replicas to 0 in its manifest; the pods do not depend on it.',
  },
  Forbidden: { what: 'The operator may not do what it has to do.', remedy: 'Look at the RBAC of the operator.' },

  // Conditions
  Adopted: { what: 'The pods of the Deployment run under this AppRelease.', remedy: '' },
  ConfigNotSnapshotted: {
    what: 'The adopted version still reads its live ConfigMaps; its first release copies them.',
    remedy: '',
  },
  MetricsNotRecognized: {
    what: 'The pods serve metrics, but none that count requests by status.',
    remedy: 'Name them in spec.checks.errorRate.total and .errors.',
  },
  MetricsUnavailable: { what: 'The metrics of the pods cannot be read.', remedy: 'Look at spec.checks.scrape and network policies.' },
  MetricsRecognized: { what: 'Requests and errors of the pods are being counted.', remedy: '' },
  GatewayCounted: { what: 'What the gateway sends to each version is being counted.', remedy: '' },
  GatewayNotPerBackend: {
    what: 'The proxies of the gateway count nothing per backend; nothing is decided by them.',
    remedy: 'Do what the message says; docs/guide/errors.md has it for each provider.',
  },
  GatewayUnavailable: {
    what: 'The counters of the gateway cannot be read; nothing is decided by them.',
    remedy: 'Look at spec.checks.gateway and network policies.',
  },
  ServiceBypassesRouter: {
    what: "The application's own Service selects candidate pods too: in-cluster clients get pod share.",
    remedy: 'Leave selector out of the Service in git; the operator sets it.',
  },
  HandedBack: { what: 'The pods were given back to the Deployment.', remedy: '' },
} as const satisfies Record<string, ReasonText>;

export type Reason = keyof typeof REASONS;

export function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}
