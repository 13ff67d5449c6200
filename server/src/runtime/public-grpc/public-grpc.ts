import type { Context } from '../../kernel/context.ts';
import type { Failure, GrpcCode } from '../../kernel/errors.ts';

/** How a message is written, as code generated from a .proto says it. */
export interface GrpcMessage<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

/** A service of a .proto, as generated. */
export interface GrpcService {
  /** With its package: `room.Room` */
  readonly fullName: string;
  readonly methods: Readonly<
    Record<
      string,
      {
        readonly name: string;
        readonly requestType: GrpcMessage<unknown>;
        readonly responseType: GrpcMessage<unknown>;
        readonly requestStream: false;
        readonly responseStream: false;
      }
    >
  >;
}

/** One call of a stranger. Nobody is believed yet: `ctx.principal` is null until the protocol has verified a credential. */
export interface GrpcCall {
  /** With the caller's address. Ends with the caller's deadline, or with ours if that is earlier. */
  readonly ctx: Context;
  /** The first value under a key in lower case. */
  metadata(key: string): string | undefined;
}

type MessageOf<M> = M extends { decode(bytes: Uint8Array): infer T } ? T : never;

export type GrpcHandlers<S extends GrpcService> = {
  readonly [K in keyof S['methods']]: (
    call: GrpcCall,
    request: MessageOf<S['methods'][K]['requestType']>,
  ) => Promise<MessageOf<S['methods'][K]['responseType']>>;
};

/** How a call ends that failed; UNKNOWN is for protocols that say everything in the message. */
export interface GrpcStatus {
  readonly code: GrpcCode | 'UNKNOWN';
  readonly message: string;
}

/** A public gRPC port, as a protocol sees it before it opens. */
export interface GrpcHost {
  add<S extends GrpcService>(
    service: S,
    handlers: GrpcHandlers<S>,
    options: {
      readonly describe: (failure: Failure) => GrpcStatus;
      /** google.protobuf.FileDescriptorProto in base64, for reflection: those of the service and all that they import. */
      readonly descriptors: readonly string[];
    },
  ): void;
}
