import { describe, expect, it } from '@jest/globals';
import { errorFromAnswer } from '../kube/api-error.ts';
import { meaningOf } from './errors.ts';

const answer = (status: number, message: string, details?: object) =>
  errorFromAnswer({ status, what: 'PATCH /x', body: JSON.stringify({ message, details }) });
const FIELD = { causes: [{ field: 'spec.hostnames[0]', message: 'no name' }] };
const UNKNOWN = answer(
  500,
  'failed to create typed patch object (a/b; g/v, Kind=HTTPRoute): .spec.rulez: field not declared in schema',
);

describe('what an error of the API server means', () => {
  const told = [
    {
      what: 'a field that the schema of the route does not have',
      error: UNKNOWN,
      effect: 'setWeight',
      reason: 'InvalidSpec',
      place: 'spec.traffic.gateway.route: ',
    },
    {
      what: 'a route with a wrong value',
      error: answer(422, 'is invalid', FIELD),
      effect: 'setWeight',
      reason: 'InvalidSpec',
      place: 'spec.traffic.gateway.route: ',
    },
    {
      what: 'a Service with a wrong port',
      error: answer(422, 'is invalid', FIELD),
      effect: 'pointService',
      reason: 'InvalidSpec',
      place: 'spec.traffic.service: ',
    },
    {
      what: 'a template with a wrong value',
      error: answer(422, 'is invalid', FIELD),
      effect: 'createSet',
      reason: 'TemplateRejected',
      place: 'PATCH /x',
    },
    {
      what: 'a missing right',
      error: answer(403, 'cannot patch'),
      effect: 'setWeight',
      reason: 'Forbidden',
      place: 'PATCH /x',
    },
  ] as const;
  it.each(told)('$what is told with its place', ({ effect, error, place, reason }) => {
    const meaning = meaningOf(error, effect);
    expect(meaning).toMatchObject({ kind: 'tell', reason });
    expect(meaning.kind === 'tell' && meaning.message.startsWith(place)).toBe(true);
  });

  it('trouble of the server itself is tried again, and what moved is looked at again', () => {
    expect(meaningOf(answer(500, 'etcd is away'), 'setWeight')).toEqual({ kind: 'tryAgain' });
    expect(meaningOf(answer(409, 'modified'), 'setWeight')).toEqual({ kind: 'lookAgain' });
    expect(meaningOf(new Error('a bug'))).toEqual({ kind: 'tryAgain' });
  });
});
