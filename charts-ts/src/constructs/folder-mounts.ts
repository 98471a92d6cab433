// Folders of a program that are Secrets or claimed volumes.
import { PersistentVolumeClaim, Secret, Volume, type VolumeMount } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';

export interface FolderMounts {
  /** Folder to the name of a Secret whose keys are files in it. @default - none */
  readonly secretFolders?: Readonly<Record<string, string>>;
  /** Folder to the name of the claim of a volume. @default - none */
  readonly claimFolders?: Readonly<Record<string, string>>;
}

/** One volume for each folder, named as what it is; Secrets are read-only. */
export function folderMounts(
  scope: Construct,
  { secretFolders = {}, claimFolders = {} }: FolderMounts,
): readonly VolumeMount[] {
  return [
    ...Object.entries(secretFolders).map(([path, name]) => {
      const secret = Secret.fromSecretName(scope, `Secret-${name}`, name);
      const volume = Volume.fromSecret(scope, `Files-${name}`, secret, { name, defaultMode: 0o440 });
      return { path, volume, readOnly: true };
    }),
    ...Object.entries(claimFolders).map(([path, name]) => {
      const claim = PersistentVolumeClaim.fromClaimName(scope, `Claim-${name}`, name);
      return { path, volume: Volume.fromPersistentVolumeClaim(scope, `Volume-${name}`, claim, { name }) };
    }),
  ];
}
