/**
 * A member of a group in a process of its own, whose handler never ends. Arguments: url, prefix, group, instance, and `hasty` for
 * one that says it is done before it has begun.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createKafkaBus } from '../../src/adapters/bus/kafka/create-kafka-bus.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { topic } from './fixtures.ts';

const [url, prefix, group, instance, fault] = process.argv.slice(2) as [string, string, string, string, string?];
const bus = createKafkaBus({ url, prefix, instance, log: silentLog, partitions: 3, sessionMs: 6_000 });
await bus.subscribe(group, [topic], async () => {
  if (fault === 'hasty') {
    // Told only when there was time for the commit that must not be.
    void delay(1_000).then(() => process.send?.('stuck'));
    return;
  }
  process.send?.('stuck');
  await new Promise(() => {});
});
process.send?.('ready');
