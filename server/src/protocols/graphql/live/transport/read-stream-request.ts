import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { fail } from '../../../../kernel/errors.ts';
import { parseJson } from '../../../../kernel/parse-json.ts';

const object = z.record(z.string(), z.unknown());

const body = z.object({
  query: z.string(),
  variables: object.nullish().transform((given) => given ?? {}),
  operationName: z.string().nullish(),
  extensions: object.nullish(),
});

export type StreamRequest = z.output<typeof body>;

/** The parameters of an operation: of a POST its body, of a GET its URL, where `variables` is JSON. */
export function readStreamRequest(request: FastifyRequest): StreamRequest {
  const result = body.safeParse(request.method === 'POST' ? request.body : readQuery(request.query as object));
  if (!result.success) throw fail('request.invalid', z.prettifyError(result.error).slice(0, 1_000));
  return result.data;
}

function readQuery(given: object): object {
  const { variables, ...rest } = given as { variables?: unknown };
  if (typeof variables !== 'string' || variables === '') return rest;
  return { ...rest, variables: parseJson(variables) };
}
