import { Connection } from 'rabbitmq-client';
import { bodyBytes, createLane, partitions, type Trip } from './broker-trip.ts';

/** Through new quorum queues, with the settings of server/src/adapters/bus/rabbitmq: confirmed, a lane per queue, acknowledged. */
export async function openRabbitmqTrip(url: string, name: string, onBody: (body: Buffer) => void): Promise<Trip> {
  const connect = (): Connection => new Connection({ url, frameMax: 131_072, noDelay: true });
  const [publishing, consuming] = [connect(), connect()];
  const channel = await consuming.acquire();
  await channel.basicQos({ prefetchCount: 8 });
  const queues = Array.from({ length: partitions }, (_, i) => `${name}.${i}`);
  for (const queue of queues) {
    const kind = { 'x-queue-type': 'quorum', 'x-single-active-consumer': true } as const;
    await channel.queueDeclare({ queue, durable: true, arguments: kind });
    await channel.basicConsume({ queue }, ({ body, deliveryTag }) => {
      for (let at = 0; at < body.length; at += bodyBytes) onBody(body.subarray(at, at + bodyBytes));
      channel.basicAck({ deliveryTag });
    });
  }
  const sender = await publishing.acquire();
  await sender.confirmSelect();
  const lanes = queues.map((routingKey) =>
    createLane((bodies) => sender.basicPublish({ routingKey, mandatory: true, durable: true }, Buffer.concat(bodies))),
  );
  return {
    send: (partition, body) => lanes[partition]?.(body),
    async close() {
      for (const queue of queues) await channel.queueDelete({ queue });
      await channel.close();
      await sender.close();
      await Promise.all([publishing.close(), consuming.close()]);
    },
  };
}
