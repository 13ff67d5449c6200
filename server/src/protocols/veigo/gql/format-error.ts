import { GraphQLError } from 'graphql';
import { Failure, toFailure } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import { describeFailure } from '../errors.ts';

/** What an operation refuses reads as the reference's gateway passes on its services' words: a gRPC status with JSON as its message. */
export function formatError(thrown: GraphQLError | Error, log: Log): GraphQLError {
  // The library's own words, about a request that it cannot read too, and those of the guard.
  if (!(thrown instanceof GraphQLError || thrown instanceof Failure)) return new GraphQLError(thrown.message);
  const original = thrown instanceof GraphQLError ? thrown.originalError : thrown;
  if (!original || original instanceof GraphQLError) return thrown as GraphQLError;
  const failure = toFailure(original);
  if (failure.code === 'internal') log.error({ err: failure.cause ?? failure }, 'a field failed');
  const { nodes, source, positions, path } = thrown as Partial<GraphQLError>;
  return new GraphQLError(`2 UNKNOWN: ${JSON.stringify(describeFailure(failure))}`, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions: { code: failure.code },
  });
}
