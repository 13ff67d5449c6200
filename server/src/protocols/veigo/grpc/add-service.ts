import type { GrpcHandlers, GrpcService } from '../../../runtime/public-grpc/public-grpc.ts';

/** Adds a service, with what all of Veigo's have alike. */
export type AddService = <S extends GrpcService>(service: S, handlers: GrpcHandlers<S>) => void;
