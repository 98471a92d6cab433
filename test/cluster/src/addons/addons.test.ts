import { describe, expect, it } from '@jest/globals';

import { pathOf } from '../apply.ts';
import type { KubeObject } from '../apply.ts';
import { corednsDeployment, corednsSetup } from './coredns.ts';
import { withoutDescriptions } from './crds.ts';
import { envoyGatewayDeployment, envoyGatewaySetup, gatewayObjects, publishedImages } from './envoy-gateway.ts';

describe('addons', () => {
  it('find the path of every object they apply', () => {
    const object = (apiVersion: string, kind: string, namespace?: string): KubeObject => ({
      apiVersion, kind, metadata: { name: 'x', ...(namespace === undefined ? {} : { namespace }) },
    });
    expect(pathOf(object('v1', 'Namespace'))).toBe('/api/v1/namespaces/x');
    expect(pathOf(object('apps/v1', 'Deployment', 'n'))).toBe('/apis/apps/v1/namespaces/n/deployments/x');
    expect(pathOf(object('gateway.networking.k8s.io/v1', 'GatewayClass'))).toBe('/apis/gateway.networking.k8s.io/v1/gatewayclasses/x');
  });

  it('pull nothing: their images are on the node already', () => {
    const text = JSON.stringify([
      corednsDeployment(), envoyGatewayDeployment(), envoyGatewaySetup(), gatewayObjects({ clusters: 'rule' }),
    ]);
    const images = [...text.matchAll(/\\?"image\\?":\\?"([^"\\]+)/g)].map((match) => match[1] ?? '');
    expect(images.length).toBeGreaterThanOrEqual(4);
    for (const image of images) expect(image).toMatch(/^localhost\/slipway\//);
    expect(JSON.stringify(envoyGatewaySetup(publishedImages()))).toContain('docker.io/envoyproxy/gateway:v1.9.1');
  });

  it('give the DNS server its address', () => {
    expect(corednsSetup()).toContainEqual(expect.objectContaining({
      kind: 'Service', spec: expect.objectContaining({ clusterIP: '10.96.0.10' }),
    }));
  });

  it('merge backends into one cluster per Service only when asked', () => {
    expect(JSON.stringify(gatewayObjects({ clusters: 'rule' }))).not.toContain('mergeBackends');
    expect(JSON.stringify(gatewayObjects({ clusters: 'service' }))).toContain('mergeBackends');
    expect(JSON.stringify(gatewayObjects({ clusters: 'labelled' }))).toContain(
      '"mergeBackends":{"selector":{"matchLabels":{"slipway.test/counted":"true"}}}',
    );
  });

  it('drop the texts of definitions and no field of that name', () => {
    const schema = {
      description: 'text', type: 'object',
      properties: { description: { description: 'text', type: 'string' }, list: { items: [{ description: 'text' }] } },
      default: [{ status: 'Unknown' }],
    };
    expect(withoutDescriptions(schema)).toEqual({
      type: 'object', properties: { description: { type: 'string' }, list: { items: [{}] } }, default: [{ status: 'Unknown' }],
    });
  });
});
