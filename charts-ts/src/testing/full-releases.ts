// AppReleases that together use every field there is, written as users of charts-ts write them: the types
// are held against the definition that the API server has.
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';

const TEMPLATE = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'registry.example/web:1.0.0' }] },
};
const CA = { ca: { name: 'ca', key: 'ca.crt' } };
const BEARER = { bearer: { name: 'token', key: 'token' } };
const BASIC = { basic: { name: 'login' } };

export const FULL_RELEASES: Readonly<Record<string, AppReleaseSpecInput>> = {
  'a Deployment, steps, a route of the operator': {
    workloadRef: { kind: 'Deployment', name: 'web' },
    replicas: 4,
    minReadySeconds: 5,
    progressDeadlineSeconds: 120,
    startGraceSeconds: 30,
    revisionHistoryLimit: 3,
    paused: false,
    deletionPolicy: 'HandBack',
    strategy: {
      canary: {
        maxSurge: '50%',
        maxUnavailable: 1,
        steps: [
          { weight: 10 },
          {
            verify: {
              seconds: 60,
              until: 'evidence',
              requests: 200,
              deadlineSeconds: 900,
              onDeadline: 'rollback',
            },
          },
          { weight: 50 },
          { pause: { seconds: 30 } },
        ],
      },
    },
    traffic: {
      service: 'web',
      gateway: { route: { rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] } },
      settleSeconds: 5,
    },
    checks: {
      scrape: {
        port: 'metrics',
        path: '/metrics',
        everySeconds: 5,
        scheme: 'https',
        authorization: BEARER,
        tls: { ...CA, serverName: 'web', insecureSkipVerify: false },
      },
      errorRate: {
        ratio: 1.5,
        margin: '0.2%',
        total: { name: 'calls_total', labels: { kind: 'user' } },
        errors: { name: 'calls_total', labels: { kind: 'user', ok: 'no' } },
      },
      counters: [
        {
          name: 'logins',
          total: { name: 'logins_total', labels: { kind: 'user' } },
          bad: { name: 'logins_total', labels: { ok: 'no' } },
          ratio: 2,
          margin: '1%',
        },
      ],
      ignore: ['latency'],
      gateway: { provider: 'envoyGateway', address: 'envoy-stats.envoy:19001', path: '/stats/prometheus' },
      promotion: { margin: '2%', falsePromotionRate: '1%' },
      dispersion: 'auto',
      rescue: 'never',
      falseRollbackRate: '1%',
      queries: [
        {
          name: 'p99',
          prometheus: {
            address: 'https://prometheus.monitoring:9090',
            query: 'max(latency{hash="{{hash}}"})',
            range: { seconds: 300, stepSeconds: 30, reduce: 'max' },
            authorization: BASIC,
            tls: CA,
          },
          everySeconds: 30,
          timeoutSeconds: 10,
          failures: 2,
          compareWithStable: { ratio: 2, margin: 0.1, worse: 'higher' },
        },
        {
          name: 'orders',
          web: {
            url: 'https://numbers.example/query',
            method: 'POST',
            headers: [{ name: 'x-version', value: '{{revision}}' }],
            body: '{}',
            path: 'rows[0]',
            authorization: BEARER,
            tls: CA,
          },
          threshold: { min: 1, max: 100 },
        },
        {
          name: 'state',
          web: { url: 'https://numbers.example/state', path: '$', authorization: BASIC },
          threshold: { equals: 'up' },
        },
        {
          name: 'load',
          prometheus: { address: 'http://prometheus:9090', query: 'load', authorization: BEARER },
          threshold: { max: 2 },
        },
        { name: 'smoke', job: { template: TEMPLATE, keepSeconds: 60 } },
      ],
    },
    config: { live: ['flags'] },
  },
  'a template of its own, weights by what is known, a rule of git': {
    template: TEMPLATE,
    strategy: {
      canary: { pace: { exposure: 20, maxWeight: 40, deadlineSeconds: 1200, onDeadline: 'hold' } },
    },
    traffic: { service: 'web', gateway: { routeRef: { name: 'web', rule: 'main' } } },
    checks: { scrape: { authorization: BASIC }, dispersion: 'strict' },
  },
};
