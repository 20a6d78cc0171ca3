import type { SallyportError } from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorFace } from '../../../platform/http/server.ts';

/** Elastic's clients refuse a server that does not say this. */
const product = { 'x-elastic-product': 'Elasticsearch' } as const;

const types: Readonly<Record<number, string>> = {
  400: 'illegal_argument_exception',
  401: 'security_exception',
  403: 'security_exception',
  404: 'resource_not_found_exception',
  413: 'circuit_breaking_exception',
  415: 'media_type_header_exception',
  429: 'es_rejected_execution_exception',
  503: 'cluster_block_exception',
};

export interface ElasticError {
  readonly type: string;
  readonly reason: string;
}

export const elasticError = ({ status, message }: SallyportError): ElasticError => ({
  type: types[status] ?? 'exception',
  reason: message,
});

/** Errors as Elasticsearch says them. */
export const elasticFace: ErrorFace = (error) => {
  const told = elasticError(error);
  return {
    status: error.status,
    body: { error: { root_cause: [told], ...told }, status: error.status },
    headers: {
      ...product,
      ...(error.code === 'Unauthenticated' ? { 'www-authenticate': 'Basic realm="security", charset="UTF-8"' } : {}),
    },
  };
};

/** Answers in the type that was asked for, which names the version that the client speaks. */
export function send(request: FastifyRequest, reply: FastifyReply, body: unknown): FastifyReply {
  const [wanted = 'application/json'] =
    /application\/vnd\.elasticsearch\+json; ?compatible-with=\d+/.exec(request.headers.accept ?? '') ?? [];
  return reply.headers(product).type(wanted).send(JSON.stringify(body));
}
