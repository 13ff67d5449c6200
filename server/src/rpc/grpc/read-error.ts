import { type ServiceError, status } from '@grpc/grpc-js';
import { type ErrorCode, type Failure, fail } from '../../kernel/errors.ts';
import { TransportFailure } from '../rpc-service.ts';
import { reviveFailure } from '../wire-failure.ts';
import { readFailure } from './call-metadata.ts';

/** gRPC's own words → our code, and whether the callee may have begun. */
const own: Partial<Record<status, readonly [code: ErrorCode, reached: boolean]>> = {
  [status.UNAVAILABLE]: ['service.unavailable', true],
  // We cancel nothing without saying so ourselves: the connection broke.
  [status.CANCELLED]: ['service.unavailable', true],
  // The same, when a killed process ends the connection between request and answer: whoever does answer adds its trailers.
  [status.INTERNAL]: ['service.unavailable', true],
  // Refused before anything ran: another secret, another release.
  [status.UNAUTHENTICATED]: ['internal', false],
  [status.UNIMPLEMENTED]: ['internal', false],
};

/** How a call failed that had been sent: what the callee said, or, without its trailers, what happened on the way. */
export function readError(error: ServiceError): Failure {
  const failure = readFailure(error.metadata);
  if (failure) return reviveFailure(failure);
  // Time ran out here: who was slow is not known, so that nothing is said of the way.
  if (error.code === status.DEADLINE_EXCEEDED) return fail('service.timeout', { cause: error });
  const [code, reached] = own[error.code] ?? ['internal', true];
  return new TransportFailure(code, reached, { cause: error });
}
