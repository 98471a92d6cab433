// An error as S3 answers it: a status, a code, and a message in XML.

export class S3Error extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const errors = {
  noSuchKey: () => new S3Error(404, 'NoSuchKey', 'The specified key does not exist.'),
  noSuchBucket: () => new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist'),
  noSuchUpload: () => new S3Error(404, 'NoSuchUpload', 'The specified multipart upload does not exist.'),
  precondition: () =>
    new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold'),
  denied: (why: string) => new S3Error(403, 'AccessDenied', why),
  badDigest: (what: string) =>
    new S3Error(400, 'BadDigest', `The ${what} you specified did not match the calculated checksum.`),
  invalid: (why: string) => new S3Error(400, 'InvalidRequest', why),
  notImplemented: (what: string) => new S3Error(501, 'NotImplemented', `${what} is not implemented.`),
} as const;

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
