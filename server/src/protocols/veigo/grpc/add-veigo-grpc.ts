import { fileDescriptors } from '@parley/contracts/public/descriptors';
import { HealthCheckDefinition, ServingStatus } from '@parley/contracts/public/veigo/health_check';
import type { Failure } from '../../../kernel/errors.ts';
import type { GrpcHost, GrpcStatus } from '../../../runtime/public-grpc/public-grpc.ts';
import { describeFailure } from '../errors.ts';
import type { VeigoDeps } from '../veigo-deps.ts';
import type { AddService } from './add-service.ts';
import { addAuthentication } from './authentication.ts';
import { addChat } from './chat.ts';

/** Veigo's gRPC packages, with the numbers of its protos. */
export function addVeigoGrpc(host: GrpcHost, deps: VeigoDeps): void {
  const add: AddService = (service, handlers) =>
    host.add(service, handlers, { describe, descriptors: fileDescriptors });
  addAuthentication(add, deps);
  addChat(add, deps);
  // Older than the standard health service, and beside it.
  add(HealthCheckDefinition, { check: async () => ({ status: ServingStatus.SERVING }) });
}

/** Every failure is UNKNOWN there; what it is stands in the message. */
function describe(failure: Failure): GrpcStatus {
  return { code: 'UNKNOWN', message: JSON.stringify(describeFailure(failure)) };
}
