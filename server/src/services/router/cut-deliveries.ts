import type { Delivery } from '../../model/delivery.ts';

/**
 * Bytes of one call to a hub, well below what a transport carries (runtime/rpc/grpc/limits). Many large messages in a burst, or
 * after an outage, must not make a batch that no hub can ever be given.
 */
const callBytes = 4 * 1024 * 1024;

/** The deliveries in order, in calls of a bounded size. One alone may exceed it: a message has a bound of its own. */
export function cutDeliveries(
  deliveries: readonly Delivery[],
  most: number = callBytes,
): readonly (readonly Delivery[])[] {
  const calls: Delivery[][] = [];
  let left = 0;
  for (const delivery of deliveries) {
    const bytes = weigh(delivery);
    if (bytes > left) {
      calls.push([]);
      left = most;
    }
    calls.at(-1)?.push(delivery);
    left -= bytes;
  }
  return calls;
}

/** Roughly, and rather too much: a character has three bytes of UTF-8 at the most per unit of `length`. */
function weigh(delivery: Delivery): number {
  const fixed = 512;
  if ('message' in delivery) {
    const { content, reactions, mentions } = delivery.message;
    return fixed + 3 * ((content?.length ?? 0) + reactions.length) + 40 * mentions.length;
  }
  if (delivery.kind === 'members') return fixed * delivery.members.length;
  if (delivery.kind === 'conversation') {
    const { topic, avatar } = delivery.settings;
    return fixed + 3 * ((topic?.length ?? 0) + (avatar?.length ?? 0));
  }
  return fixed;
}
