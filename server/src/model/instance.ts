/** A running instance of a service. */
export interface Instance {
  /** Unique per process start. A hub's is its hub id. */
  readonly id: string;
  readonly service: string;
  /** `host:port` of its internal gRPC. */
  readonly address: string;
}

/** Who runs a service now, as far as is known: the last known answer while discovery is away. */
export interface InstanceSource {
  list(): readonly Instance[];
  /** Of the instance with this id, also when it is not listed any more because it is about to stop. */
  addressOf(id: string): string | undefined;
  /** Asks anew, for a caller that found an instance gone; resolves in any case. */
  refresh(): Promise<void>;
}
