// The AppRelease of an application, as commented YAML, and the same as an object for charts-ts.
import { API_GROUP_VERSION } from '../../api/group.ts';
import type { AppReleaseSpecInput } from '../../api/app-release.ts';
import { serviceOf, type InitApp } from './app.ts';
import { metadataLines, scalar } from './yaml-text.ts';

export function releaseText(app: InitApp): string {
  return `${[
    `# How new versions of ${app.name} go out, and when they are taken back. Written by`,
    '# `kubectl slipway init`; it is yours from now on. All fields: docs/reference/app-release.md.',
    `apiVersion: ${API_GROUP_VERSION}`,
    'kind: AppRelease',
    ...metadataLines(app.name, app.namespace),
    'spec:',
    '  # The Deployment whose pod template is released.',
    `  workloadRef: { name: ${scalar(workloadOf(app))} }`,
    ...replicaLines(app),
    '  # A candidate without a new ready pod for so long is taken back.',
    '  progressDeadlineSeconds: 300',
    '  strategy:',
    '    canary:',
    '      steps:',
    ...stepLines(app),
    ...trafficLines(app),
    ...checkLines(app),
  ].join('\n')}\n`;
}

const workloadOf = ({ name, workload }: InitApp): string =>
  workload.kind === 'existing' ? workload.deployment : name;

function replicaLines({ workload }: InitApp): string[] {
  return workload.replicas !== undefined
    ? [
        '  # Pods that serve. Leave it out where an autoscaler decides; it targets this AppRelease then.',
        `  replicas: ${workload.replicas}`,
      ]
    : [
        '  # No replicas: the operator takes over the present number. Once the condition Adopted is True,',
        '  # set replicas: 0 on the Deployment in git, and not before.',
      ];
}

/* By pods a quarter is the least that four of them allow; a router can begin with much less. */
const weightsOf = ({ gateway }: InitApp): readonly [number, number] =>
  gateway === undefined ? [25, 50] : [5, 25];

function stepLines(app: InitApp): string[] {
  const [first, second] = weightsOf(app);
  const verify = app.metrics === undefined ? '{ seconds: 60 }' : '{ seconds: 60, requests: 100 }';
  return [
    '        # Percent of the traffic. Few users meet a version that nobody has seen yet.',
    `        - weight: ${first}`,
    ...(app.metrics === undefined
      ? ['        # Watched for a minute: crashes and lost readiness take it back.']
      : ['        # Watched for a minute, and until it has answered that many requests.']),
    `        - verify: ${verify}`,
    `        - weight: ${second}`,
    `        - verify: ${verify}`,
    '        # After the last step: everything.',
  ];
}

function trafficLines(app: InitApp): string[] {
  const { gateway } = app;
  if (gateway === undefined) return [];
  const service = serviceOf(app);
  return [
    '  traffic:',
    "    # The application's own Service; a stable and a canary one are made beside it.",
    `    service: ${scalar(service.name)}`,
    '    gateway:',
    '      # A whole HTTPRouteSpec. The operator makes and owns the HTTPRoute, and moves its weights.',
    '      route:',
    `        parentRefs: [{ name: ${scalar(gateway.name)}, namespace: ${scalar(gateway.namespace)} }]`,
    `        hostnames: [${scalar(gateway.host)}]`,
    '        rules:',
    `          - backendRefs: [{ name: ${scalar(service.name)}, port: ${service.port} }]`,
  ];
}

function checkLines({ metrics }: InitApp): string[] {
  if (metrics === undefined) {
    return [
      '  # Nothing counts requests yet, so errors are not seen: only crashes and readiness are judged. With a',
      '  # page of http_requests_total (docs/guide/errors.md) at a port of the container:',
      '  # checks:',
      '  #   scrape: { port: metrics }',
      '  #   errorRate: {}',
    ];
  }
  return [
    '  checks:',
    '    # The metrics pages of the pods, of both versions, read every 2 s during a release. No Prometheus.',
    `    scrape: { port: ${scalar(metrics.port)}, path: ${scalar(metrics.path)} }`,
    '    # The candidate fails when it answers with 5xx more often than stable, beyond chance.',
    '    errorRate: {}',
  ];
}

/** The spec that `releaseText` writes, without its comments. */
export function releaseSpec(app: InitApp): AppReleaseSpecInput {
  const { workload, gateway, metrics } = app;
  const [first, second] = weightsOf(app);
  const verify = metrics === undefined ? { seconds: 60 } : { seconds: 60, requests: 100 };
  const service = serviceOf(app);
  return {
    workloadRef: { name: workloadOf(app) },
    ...(workload.replicas === undefined ? {} : { replicas: workload.replicas }),
    progressDeadlineSeconds: 300,
    strategy: { canary: { steps: [{ weight: first }, { verify }, { weight: second }, { verify }] } },
    ...(gateway === undefined
      ? {}
      : {
          traffic: {
            service: service.name,
            gateway: {
              route: {
                parentRefs: [{ name: gateway.name, namespace: gateway.namespace }],
                hostnames: [gateway.host],
                rules: [{ backendRefs: [{ name: service.name, port: service.port }] }],
              },
            },
          },
        }),
    ...(metrics === undefined
      ? {}
      : { checks: { scrape: { port: metrics.port, path: metrics.path }, errorRate: {} } }),
  };
}
