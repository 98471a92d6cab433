// Which files are written for an application, and what its owner does next.
import { serviceOf, type InitApp } from './app.ts';
import { releaseText } from './release-text.ts';
import { deploymentText, serviceText } from './workload-text.ts';

export interface InitFile {
  /** Below the folder that was asked for. */
  readonly path: string;
  readonly text: string;
}

/** The manifests, in the order in which they are applied. */
export function manifestFiles(app: InitApp): InitFile[] {
  const texts = {
    'deployment.yaml': deploymentText(app),
    'service.yaml': serviceText(app),
    'release.yaml': releaseText(app),
  };
  return Object.entries(texts).flatMap(([path, text]) => (text === undefined ? [] : [{ path, text }]));
}

/** What was written: YAML to apply, or a program that renders it. */
export type Written =
  | { readonly kind: 'manifests'; readonly paths: readonly string[] }
  | { readonly kind: 'charts'; readonly folder: string };

/** What to type, and what to know before, a line each. */
export function nextSteps(app: InitApp, written: Written): string[] {
  const into = app.namespace === undefined ? '' : ` -n ${app.namespace}`;
  return [
    ...warnings(app, written),
    'next:',
    ...applySteps(written, into),
    `  kubectl slipway wait ${app.name}${into} --timeout 5m`,
    ...(app.workload.kind === 'existing' && app.workload.replicas === undefined
      ? [
          `  then set replicas: 0 on the Deployment ${app.workload.deployment} in git: the pods belong to the`,
          '  AppRelease from there on',
        ]
      : []),
  ];
}

function applySteps(written: Written, into: string): string[] {
  if (written.kind === 'charts') {
    return [
      `  (cd ${written.folder}charts && npm install && npm run synth)`,
      `  kubectl apply${into} -f ${written.folder}deploy`,
    ];
  }
  return [
    `  kubectl slipway lint -f ${written.paths.at(-1) ?? 'release.yaml'}`,
    `  kubectl apply${into} ${written.paths.map((path) => `-f ${path}`).join(' ')}`,
  ];
}

function warnings(app: InitApp, written: Written): string[] {
  const { gateway, metrics, service } = app;
  return [
    ...(metrics === undefined
      ? ['note: without --metrics-port errors are not seen; crashes and readiness are (docs/guide/errors.md)']
      : []),
    ...(gateway === undefined || service.kind !== 'existing' || service.selects === 'nothing'
      ? []
      : [
          `note: the Service ${serviceOf(app).name} has a selector, so clients inside the cluster meet the`,
          '  candidate by share of pods; leave selector out of it in git once the release is Healthy',
        ]),
    ...(app.workload.kind === 'existing' && service.kind === 'written' && written.kind === 'manifests'
      ? ['note: no Service for these pods was found, so service.yaml is one; leave it out if you have another']
      : []),
  ];
}
