import type { GroupTopology } from '../../ports/bus.ts';

/** All that must exist at a broker before the system runs. */
export interface BrokerTopology {
  readonly url: string;
  /** In front of every name. */
  readonly prefix: string;
  /** Of every topic. */
  readonly partitions: number;
  readonly topics: readonly string[];
  /** Of these, what nobody reads later than at once: kept no longer than an hour. */
  readonly fleeting: readonly string[];
  readonly groups: readonly GroupTopology[];
}
