// Asks one query of one source over HTTP: Secrets, request, answer, sample. Never throws for what
// the other side does; throws only for bugs.
import type { QuerySample } from '../../analysis/query-sample.ts';
import type { PlaceholderValues } from '../../api/placeholders.ts';
import type { PrometheusSource, WebSource } from '../../api/query-sources.ts';
import type { Instant } from '../../lib/instant.ts';
import { prometheus } from '../../metrics/queries/prometheus.ts';
import { failed, type HttpQueryCodec } from '../../metrics/queries/query-codec.ts';
import { web } from '../../metrics/queries/web.ts';
import { accessOf } from './access.ts';
import type { ReadSecret } from './secrets.ts';
import type { Send } from './send.ts';

export type HttpSource =
  ({ readonly kind: 'prometheus' } & PrometheusSource) | ({ readonly kind: 'web' } & WebSource);

export interface HttpAsk {
  readonly source: HttpSource;
  readonly values: PlaceholderValues;
  readonly timeoutSeconds: number;
  readonly now: Instant;
}

export interface HttpAskers {
  readonly send: Send;
  readonly readSecret: ReadSecret;
}

export function askHttp(askers: HttpAskers, ask: HttpAsk): Promise<QuerySample> {
  const { source } = ask;
  return source.kind === 'prometheus'
    ? askWith(askers, { ...ask, source, codec: prometheus })
    : askWith(askers, { ...ask, source, codec: web });
}

type Asked<Source> = Omit<HttpAsk, 'source'> & {
  readonly source: Source;
  readonly codec: HttpQueryCodec<Source>;
};

async function askWith<Source extends PrometheusSource | WebSource>(
  { readSecret, send }: HttpAskers,
  { codec, now, source, timeoutSeconds, values }: Asked<Source>,
): Promise<QuerySample> {
  const access = await accessOf(source, values.namespace, readSecret);
  if (access.kind === 'error') return failed(access.error);
  const request = codec.request(source, { values, now, timeoutSeconds });
  const answer = await send(request, access.value, timeoutSeconds * 1000);
  if (answer.kind === 'failed') return failed(`${request.url.split('?', 1)[0]}: ${answer.why}`);
  return codec.parse(source, { status: answer.status, body: answer.body });
}
