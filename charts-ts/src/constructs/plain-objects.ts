// Objects that are written elsewhere as data and rendered as they are.
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { asManifest } from '../manifest.ts';

export class PlainObjects extends Construct {
  constructor(scope: Construct, id: string, objects: readonly object[]) {
    super(scope, id);
    for (const object of objects) {
      const manifest = asManifest(object);
      new ApiObject(this, `${manifest.kind}-${manifest.metadata.name}`, manifest);
    }
  }
}
