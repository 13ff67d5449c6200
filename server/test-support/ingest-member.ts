import { createKafkaBus } from '../src/adapters/bus/kafka/create-kafka-bus.ts';
import { createRabbitmqBus } from '../src/adapters/bus/rabbitmq/create-rabbitmq-bus.ts';
import { createPostgres } from '../src/adapters/sql/postgres/create-postgres.ts';
import { systemClock } from '../src/kernel/clock.ts';
import { silentLog } from '../src/kernel/log.ts';
import { noMetrics } from '../src/kernel/metrics.ts';
import { createCommitter } from '../src/services/chat/append/committer.ts';
import { chatGroups } from '../src/services/chat/groups.ts';
import { createIngestConsumer } from '../src/services/chat/ingest/create-ingest-consumer.ts';
import { cornerPartitions } from './bus-corner.ts';

/** Takes drafts from the queue, commits them, says so and tells nobody else: to be killed. */
const [engine = '', url = '', prefix = '', database = ''] = process.argv.slice(2);
const shared = { log: silentLog, metrics: noMetrics, clock: systemClock };
const corner = { ...shared, url, prefix, partitions: cornerPartitions };
const bus = engine === 'kafka' ? createKafkaBus(corner) : createRabbitmqBus({ ...corner, groups: [chatGroups.ingest] });
const committer = createCommitter({
  ...shared,
  sql: createPostgres({ url: database }),
  storage: { full: () => false },
});
const consumer = createIngestConsumer({
  ...shared,
  bus,
  consumers: 1,
  async append(ctx, drafts) {
    await committer.append(ctx, drafts);
    console.log('committed');
    return new Promise(() => {});
  },
});
await consumer.start?.();
console.log('ready');
