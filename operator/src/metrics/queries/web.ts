// Any HTTP server that answers JSON: one value out of the answer.
import type { QuerySample } from '../../analysis/query-sample.ts';
import { fillPlaceholders } from '../../api/placeholders.ts';
import type { WebSource } from '../../api/query-sources.ts';
import { parseJsonPath, valueAt } from './json-path.ts';
import {
  failed,
  type HttpQueryCodec,
  jsonOf,
  noData,
  numberSample,
  statusProblem,
} from './query-codec.ts';

export const web: HttpQueryCodec<WebSource> = {
  request: ({ body, headers, method, url }, { values }) => ({
    method,
    url: fillPlaceholders(url, values),
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...Object.fromEntries(
        headers.map(({ name, value }) => [name.toLowerCase(), fillPlaceholders(value, values)]),
      ),
    },
    ...(body === undefined ? {} : { body: fillPlaceholders(body, values) }),
  }),
  parse: ({ path }, { body, status }) => {
    if (status < 200 || status > 299) return statusProblem(status);
    const parsed = jsonOf(body);
    if ('problem' in parsed) return parsed.problem;
    const found = valueAt(parsed.json, parseJsonPath(path));
    return found.kind === 'error'
      ? noData(`nothing stands at ${found.error} of the answer`)
      : valueSample(found.value, path);
  },
};

function valueSample(value: unknown, path: string): QuerySample {
  switch (typeof value) {
    case 'number':
      return numberSample(value);
    case 'boolean':
      return { kind: 'value', value };
    case 'string':
      return textSample(value);
    default:
      return value === null
        ? noData(`null stands at ${path}`)
        : failed(
            `${Array.isArray(value) ? 'a list' : 'an object'} stands at ${path}, not one value: lengthen path`,
          );
  }
}

/* JSON has no NaN, so programs write it as text; it is as little a value there. */
function textSample(value: string): QuerySample {
  const plain = value.trim();
  if (plain === '') return noData('the value is an empty text');
  return /^[-+]?(?:nan|inf(?:inity)?)$/i.test(plain)
    ? noData(`the value is ${plain}`)
    : { kind: 'value', value: plain };
}
