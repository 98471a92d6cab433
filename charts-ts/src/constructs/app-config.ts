// A ConfigMap with an app's settings. An AppRelease copies it for each revision, so a changed setting
// goes out, and comes back, like a changed image.
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

export interface AppConfigProps {
  readonly name: string;
  /** Settings by the name of their variable. Nothing secret: the check for credentials reads them. */
  readonly data: Readonly<Record<string, string>>;
}

export class AppConfig extends Construct {
  constructor(scope: Construct, id: string, { name, data }: AppConfigProps) {
    super(scope, id);
    new k8s.KubeConfigMap(this, 'Resource', { metadata: { name }, data: { ...data } });
  }
}
