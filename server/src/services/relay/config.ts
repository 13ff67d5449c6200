/** One PostgreSQL database whose changes go to the bus. */
export interface RelayDatabase {
  /** `source.db` of its changes. */
  readonly name: string;
  readonly url: string;
  readonly publications: readonly string[];
  /** Slot names are unique in a PostgreSQL server: databases of one server need different ones. Default `parley`. */
  readonly slot?: string;
}

export interface RelayConfig {
  /** Bytes read but not yet confirmed by the bus, per database, before reading pauses. */
  readonly maxOutstandingBytes: number;
  /** How often PostgreSQL is told how far we are. */
  readonly statusMs: number;
  readonly reconnectFirstMs: number;
  readonly reconnectMaxMs: number;
  /** How long a slot may stay with an earlier connection of a relay before that is ended. */
  readonly takeOverMs: number;
  /** How long `start` tries to reach a database. */
  readonly startTimeoutMs: number;
  /** Rows per page of a snapshot. */
  readonly snapshotRows: number;
}

export const relayDefaults: RelayConfig = {
  maxOutstandingBytes: 16 << 20,
  statusMs: 1_000,
  reconnectFirstMs: 50,
  reconnectMaxMs: 5_000,
  takeOverMs: 10_000,
  startTimeoutMs: 30_000,
  snapshotRows: 1_000,
};

/** By it a relay knows the connections of relays before it. */
export const relayApplication = 'parley-relay';
