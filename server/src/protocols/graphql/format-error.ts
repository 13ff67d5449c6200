import { GraphQLError } from 'graphql';
import { errorTable, Failure, toFailure } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';

/**
 * What a caller is told: a safe message and a row of the one table in `extensions`. What the library itself refuses (syntax, unknown
 * fields, variables of another type) is `request.invalid`, unless it says otherwise.
 */
export function formatError(thrown: GraphQLError | Error, log: Log): GraphQLError {
  const found = findFailure(thrown);
  if (found?.code === 'internal') log.error({ err: found.cause ?? found }, 'a field failed');
  const { nodes, source, positions, path, extensions } =
    thrown instanceof GraphQLError ? thrown : new GraphQLError(thrown.message);
  const code = found?.code ?? (extensions?.code as keyof typeof errorTable | undefined) ?? 'request.invalid';
  return new GraphQLError(found?.message ?? thrown.message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions: {
      code,
      retryable: errorTable[code].retryable,
      ...(found?.retryAfterMs !== undefined && { retryAfterMs: found.retryAfterMs }),
      ...(found?.problems && { problems: found.problems }),
    },
  });
}

/** null: the library's own words about the request. With a path they are about an answer that the schema does not know: our fault. */
function findFailure(thrown: GraphQLError | Error): Failure | null {
  if (thrown instanceof Failure) return thrown;
  if (!(thrown instanceof GraphQLError)) return null;
  if (!thrown.originalError) return thrown.path ? toFailure(thrown) : null;
  return thrown.originalError instanceof GraphQLError
    ? findFailure(thrown.originalError)
    : toFailure(thrown.originalError);
}
