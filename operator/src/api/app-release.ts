// AppRelease: the one schema from which come the TypeScript types, the parser, the CRD with its CEL
// rules, and the reference page. A later version adds fields; it never renames or retypes one.
import { z } from 'zod';
import { statusSchema } from './app-release-status.ts';
import { checks } from './checks.ts';
import {
  intOrPercent,
  objectName,
  preserved,
  seconds,
  serviceName,
  withRules,
} from './primitives.ts';

const workloadRef = z
  .object({
    kind: z.literal('Deployment').default('Deployment').meta({
      description: 'Kind of the workload. Only Deployment is known.',
    }),
    name: objectName.meta({ description: 'Name of the Deployment in the same namespace.' }),
  })
  .meta({
    description:
      'The Deployment whose pod template is released. The operator runs its pods from then on; ' +
      'the Deployment stays the place where the template is written.',
  });

const verify = z
  .object({
    seconds: seconds('How long to watch, in seconds, counted from the moment the weight is in effect.')
      .default(60),
    until: z.enum(['time', 'evidence']).default('time').meta({
      description:
        '`time` passes after `seconds` with at least `requests` counted at the candidate and no ' +
        'evidence against it. `evidence` passes as soon as the candidate is shown to be no worse ' +
        'than `checks.promotion` allows, and not before `seconds`.',
    }),
    requests: z.number().int().min(0).max(1_000_000_000).default(100).meta({
      description: 'Fewest requests the candidate must have answered. 0 means any number will do.',
    }),
    deadlineSeconds: seconds('When to stop waiting for `requests` or for evidence, in seconds.').default(1800),
    onDeadline: z.enum(['hold', 'promote', 'rollback']).default('hold').meta({
      description: 'What to do at the deadline when there was too little to judge by.',
    }),
  })
  .meta({ description: 'Hold the weight and judge the candidate by its errors.' });

const pause = z
  .object({
    seconds: seconds('Seconds to wait. Left out: until somebody promotes.').optional(),
  })
  .meta({ description: 'Hold the weight for a time, or until somebody promotes.' });

const STEP_RULE = {
  rule: '(has(self.weight) ? 1 : 0) + (has(self.verify) ? 1 : 0) + (has(self.pause) ? 1 : 0) == 1',
  message: 'a step is exactly one of weight, verify or pause',
};

const step = withRules(
  z
    .object({
      weight: z.number().int().min(0).max(100).optional().meta({
        description: 'Percent of the traffic that the candidate gets.',
      }),
      verify: verify.optional(),
      pause: pause.optional(),
    })
    .meta({ description: 'One step of a canary: exactly one of weight, verify or pause.' }),
  [STEP_RULE],
);

/* A falling weight would take traffic back on the way forward. */
const STEPS_RISE = {
  rule: 'self.steps.filter(s, has(s.weight)).map(s, s.weight).isSorted()',
  message: 'the weights of the steps must not fall: a step back is a rollback, not a step',
  fieldPath: '.steps',
};

const NOT_BOTH_ZERO = {
  rule:
    "!(string(self.maxSurge) in ['0', '0%'] && string(self.maxUnavailable) in ['0', '0%'])",
  message:
    'maxSurge and maxUnavailable cannot both be 0: no pod could ever be replaced. Set maxSurge to at least 1',
  fieldPath: '.maxSurge',
};

const pace = z
  .object({
    exposure: z.number().int().min(1).max(1_000_000).default(50).meta({
      description:
        'Bad responses that a bad version may cost users: no weight is chosen whose worst case is more.',
    }),
    maxWeight: z.number().int().min(1).max(100).default(50).meta({
      description: 'Percent of the traffic at which the candidate has to be shown to be good enough.',
    }),
    deadlineSeconds: seconds('When to stop waiting for a higher weight, in seconds.').default(3600),
    onDeadline: z.enum(['hold', 'promote', 'rollback']).default('hold').meta({
      description: 'What to do at the deadline.',
    }),
  })
  .meta({
    description:
      'Weights chosen by what is known: the more the candidate is shown to be good, the more it gets.',
  });

/* A list that is there and empty is what defaulting makes of none. */
const STEPS_OR_PACE = {
  rule: '!has(self.pace) || !has(self.steps) || self.steps.size() == 0',
  message: 'name steps or pace, not both: pace chooses the weights by itself',
  fieldPath: '.pace',
};

const canary = withRules(
  z
    .object({
      maxSurge: intOrPercent.default('25%').describe(
        'Pods (number or percent of replicas, rounded up) that may run above `replicas`. With a ' +
          'weighted router: how many candidate pods may start at once.',
      ),
      maxUnavailable: intOrPercent.default(0).describe(
        'Pods (number or percent of replicas, rounded down) that may be missing below `replicas`.',
      ),
      steps: z.array(step).max(30).default([]).meta({
        description: 'Done in order. After the last one the candidate gets everything.',
        'x-kubernetes-list-type': 'atomic',
      }),
      pace: pace.optional(),
    })
    .meta({ description: 'The candidate gets the traffic a little at a time.' }),
  [STEPS_RISE, NOT_BOTH_ZERO, STEPS_OR_PACE],
);

const strategy = withRules(
  z.object({ canary: canary.optional() }).meta({ description: 'How a new version goes out.' }),
  [{ rule: 'has(self.canary)', message: 'name a strategy: canary' }],
);

const routeRef = z
  .object({
    name: objectName.meta({ description: 'Name of the HTTPRoute in the same namespace.' }),
    rule: z.string().min(1).max(253).meta({
      description:
        'Name of the rule. Its backendRefs are `<release>-stable` and `<release>-canary`; only ' +
        'their weights are changed.',
    }),
  })
  .meta({ description: 'A rule of an HTTPRoute that somebody else owns (git, for example).' });

const gateway = withRules(
  z
    .object({
      route: preserved(
        'A whole HTTPRouteSpec. The operator makes and owns an HTTPRoute from it: each backendRef ' +
          'to `traffic.service` becomes the stable and canary pair, all else is copied unchanged.',
      ).optional(),
      routeRef: routeRef.optional(),
    })
    .meta({ description: 'Split by the weights of a Gateway API HTTPRoute.' }),
  [
    {
      rule: 'has(self.route) != has(self.routeRef)',
      message: 'name exactly one of route (the operator owns it) and routeRef (you own it)',
    },
  ],
);

const traffic = z
  .object({
    service: serviceName.meta({
      description: "The application's own Service; its ports are copied to the stable and canary Services.",
    }),
    gateway: gateway.optional(),
    settleSeconds: seconds(
      'Seconds after an accepted change of weights until it is taken to be in effect.',
      300,
    ).default(3),
  })
  .meta({
    description:
      'How traffic is split. Left out, or without `gateway`: by share of pods behind one Service.',
  });

const config = z
  .object({
    live: z.array(objectName).max(100).default([]).meta({
      description: 'ConfigMaps that are not copied per revision: their changes reach running pods.',
      'x-kubernetes-list-type': 'set',
    }),
  })
  .meta({ description: 'How ConfigMaps that the pod template refers to are treated.' });

/* Nobody would clean up behind the old way, and the pods that users reach could be the wrong ones. */
const HAND_BACK_FIRST = 'hand back (delete the AppRelease) and make it again';

const SPEC_RULES = [
  {
    rule: '!has(self.checks) || !has(self.checks.gateway) || (has(self.traffic) && has(self.traffic.gateway))',
    message: 'checks.gateway needs traffic.gateway: without a router there is no gateway that counts',
    fieldPath: '.checks.gateway',
  },
  {
    rule: '!has(self.strategy.canary) || !has(self.strategy.canary.pace) || (has(self.checks) && has(self.checks.scrape))',
    message: 'pace needs checks.scrape: without numbers nothing says how much the candidate may get',
    fieldPath: '.strategy.canary.pace',
  },
  {
    rule: 'has(self.workloadRef) != has(self.template)',
    message: 'name exactly one of workloadRef (a Deployment) and template (a pod template)',
  },
  {
    rule: 'has(self.workloadRef) == has(oldSelf.workloadRef)',
    message: 'a release cannot change between workloadRef and template; delete it and make a new one',
  },
  {
    rule: '!has(self.workloadRef) || !has(oldSelf.workloadRef) || self.workloadRef.name == oldSelf.workloadRef.name',
    message: 'workloadRef.name cannot change; make another AppRelease for another Deployment',
    fieldPath: '.workloadRef.name',
  },
  {
    rule:
      '!has(oldSelf.traffic) || !has(oldSelf.traffic.gateway) || ' +
      '(has(self.traffic) && has(self.traffic.gateway))',
    message: `traffic.gateway cannot be taken away from a live release; ${HAND_BACK_FIRST}`,
  },
  {
    rule:
      '!has(oldSelf.traffic) || !has(oldSelf.traffic.gateway) || !has(self.traffic) || ' +
      'self.traffic.service == oldSelf.traffic.service',
    message: `traffic.service cannot change where a gateway splits its traffic; ${HAND_BACK_FIRST}`,
  },
  {
    rule:
      '!has(oldSelf.traffic) || !has(oldSelf.traffic.gateway) || ' +
      '!has(self.traffic) || !has(self.traffic.gateway) || ' +
      'has(self.traffic.gateway.route) == has(oldSelf.traffic.gateway.route)',
    message: `traffic.gateway cannot change between route and routeRef; ${HAND_BACK_FIRST}`,
  },
] as const;

export const specSchema = withRules(
  z
    .object({
      workloadRef: workloadRef.optional(),
      template: preserved(
        'A pod template (PodTemplateSpec). Checked by the API server when its ReplicaSet is tried.',
      ).optional(),
      replicas: z.number().int().min(0).max(100_000).optional().meta({
        description:
          'Pods that serve. Leave it out where an autoscaler decides: the operator writes it once.',
      }),
      minReadySeconds: seconds('Seconds a pod must be Ready before it counts.', 3600).default(0),
      progressDeadlineSeconds: seconds(
        'Seconds without a new Ready candidate pod after which the candidate is taken back.',
        86_400,
      ).default(300),
      startGraceSeconds: seconds(
        'Seconds that a failure which may pass (a slow registry, a missing Secret) is given to pass.',
        3600,
      ).default(60),
      revisionHistoryLimit: z.number().int().min(1).max(50).default(5).meta({
        description: 'Old ReplicaSets, scaled to 0, that are kept.',
      }),
      paused: z.boolean().default(false).meta({
        description: 'Hold the release where it is. Rollback still happens.',
      }),
      deletionPolicy: z.enum(['HandBack', 'Delete']).optional().meta({
        description:
          'When the AppRelease is deleted: give the pods back to the Deployment (default with ' +
          'workloadRef), or delete them (default with template).',
      }),
      strategy,
      traffic: traffic.optional(),
      checks: checks.optional(),
      config: config.optional(),
    })
    .meta({ description: 'What is to be released, and how.' }),
  SPEC_RULES,
);

/** An AppRelease as users write it. */
export type AppReleaseSpec = z.output<typeof specSchema>;
/** The same before defaults, for programs that write manifests. */
export type AppReleaseSpecInput = z.input<typeof specSchema>;
export type Step = AppReleaseSpec['strategy']['canary'] extends infer C
  ? NonNullable<C> extends { steps: (infer S)[] }
    ? S
    : never
  : never;
export type TrafficSpec = NonNullable<AppReleaseSpec['traffic']>;
export type ChecksSpec = NonNullable<AppReleaseSpec['checks']>;
export type VerifySpec = z.output<typeof verify>;
export type PaceSpec = z.output<typeof pace>;

export { statusSchema };
export type { AppReleaseStatus } from './app-release-status.ts';
