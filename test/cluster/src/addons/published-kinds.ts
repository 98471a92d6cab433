// Definitions of kinds that charts-ts renders objects of and that other projects own, as those projects
// publish them: an object that such a definition refuses would fail on every user's cluster.

import type { KubeObject } from '../apply.ts';
import {
  CERT_MANAGER_VERSION,
  EXTERNAL_SECRETS_VERSION,
  PROMETHEUS_OPERATOR_VERSION,
  SEALED_SECRETS_VERSION,
} from '../versions.ts';
import { readSource, type DefinitionSource } from './crds.ts';

const SOURCES: readonly DefinitionSource[] = [
  {
    module: `github.com/cert-manager/cert-manager@${CERT_MANAGER_VERSION}`,
    folder: 'deploy/crds',
    files: ['cert-manager.io_certificates.yaml'],
  },
  {
    module: `github.com/prometheus-operator/prometheus-operator@${PROMETHEUS_OPERATOR_VERSION}`,
    folder: 'example/prometheus-operator-crd',
    files: ['monitoring.coreos.com_servicemonitors.yaml', 'monitoring.coreos.com_prometheusrules.yaml'],
  },
  {
    module: `github.com/external-secrets/external-secrets@${EXTERNAL_SECRETS_VERSION}`,
    folder: 'config/crds/bases',
    files: ['external-secrets.io_externalsecrets.yaml'],
  },
  {
    module: `github.com/bitnami-labs/sealed-secrets@${SEALED_SECRETS_VERSION}`,
    folder: 'helm/sealed-secrets/crds',
    files: ['bitnami.com_sealedsecrets.yaml'],
  },
];

/** Certificate, ServiceMonitor, PrometheusRule, ExternalSecret, SealedSecret. */
export const publishedDefinitions = async (): Promise<readonly KubeObject[]> =>
  (await Promise.all(SOURCES.map(readSource))).flat();
