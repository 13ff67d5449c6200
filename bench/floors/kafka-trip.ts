import { Admin, Consumer, MessagesStreamModes, Producer } from '@platformatic/kafka';
import { createLane, partitions, type Trip } from './broker-trip.ts';

/** Through a new topic, with the settings of server/src/adapters/bus/kafka; a group of one reads it and commits nothing. */
export async function openKafkaTrip(url: string, topic: string, onBody: (body: Buffer) => void): Promise<Trip> {
  const client = { clientId: 'parley-bench', bootstrapBrokers: [new URL(url).host] };
  const admin = new Admin(client);
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
  await admin.close();
  const consumer = new Consumer({ ...client, groupId: topic });
  const stream = await consumer.consume({
    topics: [topic],
    mode: MessagesStreamModes.EARLIEST,
    autocommit: false,
    minBytes: 1,
    maxWaitTime: 250,
  });
  stream.on('data', ({ value }) => onBody(value));
  const producer = new Producer({ ...client, idempotent: true, acks: -1 });
  const key = Buffer.from('key');
  const send = createLane((bodies) =>
    producer.send({
      // the partition is the first byte after the stamp
      messages: bodies.map((value) => ({ topic, key, value, partition: value[8] as number })),
    }),
  );
  return {
    send(partition, body) {
      body[8] = partition;
      send(body);
    },
    async close() {
      await stream.close();
      await Promise.all([consumer.close(true), producer.close()]);
    },
  };
}
