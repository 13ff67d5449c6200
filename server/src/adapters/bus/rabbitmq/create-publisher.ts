import { fail, toFailure } from '../../../kernel/errors.ts';
import type { BusRecord } from '../../../ports/bus.ts';
import { contentType, joinRecords } from './encode-records.ts';
import { createLanes, type Lane, type Part, takeParts } from './lanes.ts';
import type { Sender } from './open-sender.ts';
import type { Topology } from './topology.ts';

export interface PublisherDeps {
  readonly sender: Sender;
  readonly topology: Topology;
  /** Whether a queue must take the records of this topic: some group was declared for it. */
  isRead(topic: string): boolean;
  readonly maxMessageSize: number;
}

export interface Publisher {
  publish(records: readonly BusRecord[]): Promise<void>;
  /** Rejects what waits. */
  close(): void;
}

/**
 * Order by having one message under way per partition, with everything that came meanwhile in the next one. Several at once
 * would be faster for one key and wrong: the broker may refuse one (a full queue, a leader that moves) and take the next, and
 * consumers, who skip what is older than what they have seen, would lose the refused one when it comes again.
 */
export function createPublisher({ sender, topology, isRead, maxMessageSize }: PublisherDeps): Publisher {
  const lanes = createLanes(topology.partitions, maxMessageSize);
  let refusing: Error | null = null;

  async function pump(lane: Lane): Promise<void> {
    lane.busy = true;
    while (lane.waiting.length > 0) {
      const parts = takeParts(lane, maxMessageSize);
      try {
        await sender.send(
          {
            exchange: topology.exchange(lane.topic),
            routingKey: String(lane.partition),
            mandatory: isRead(lane.topic),
            durable: true,
            contentType,
          },
          joinRecords(parts.flatMap((part) => part.encoded)),
        );
        for (const { publish } of parts) if (--publish.left === 0) publish.resolve();
      } catch (thrown) {
        giveUp(toFailure(thrown), parts);
      }
    }
    lane.busy = false;
  }

  /**
   * Nothing that was asked for after a lost record may pass it: all that waits fails, and so does what is asked for before
   * the callers have had their turn to learn of it.
   */
  function giveUp(reason: Error, lost: readonly Part[]): void {
    for (const { publish } of [...lost, ...lanes.clear()]) publish.reject(reason);
    if (refusing) return;
    refusing = reason;
    setImmediate(() => {
      refusing = null;
    });
  }

  return {
    publish(records) {
      if (refusing) return Promise.reject(refusing);
      if (records.length === 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        for (const lane of lanes.add(records, { left: 0, resolve, reject })) if (!lane.busy) void pump(lane);
      });
    },
    close() {
      giveUp(fail('service.unavailable', 'The bus is closed.'), []);
    },
  };
}
