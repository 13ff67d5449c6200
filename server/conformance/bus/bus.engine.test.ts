import { describe } from 'vitest';
import { openCutProxy } from '../../test-support/cut-proxy.ts';
import { engineTest } from '../../test-support/engines.ts';
import { openRabbitmqCorner } from '../../test-support/rabbitmq.ts';
import { durableBusProperties } from './durable-properties.ts';
import { createGate, topic } from './fixtures.ts';
import { listenProperties } from './listen-properties.ts';
import { busProperties } from './properties.ts';

describe('the RabbitMQ bus', () => {
  for (const property of [...busProperties, ...listenProperties]) {
    engineTest('rabbitmq', property.name, async (url) => {
      const corner = openRabbitmqCorner(url);
      const bus = corner.openBus();
      try {
        await property.check({
          bus,
          deadLetters: async (group) => (await corner.deadLetters(group)).map(({ key, reason }) => ({ key, reason })),
        });
      } finally {
        await bus.close();
        await corner.clean();
      }
    });
  }
});

/** The broker is another's to restart; to a client it is away when the way to it is. */
describe('the RabbitMQ bus, cut off from its broker', () => {
  for (const property of durableBusProperties.filter(({ restartsBroker }) => restartsBroker)) {
    engineTest('rabbitmq', property.name, async (url) => {
      const corner = openRabbitmqCorner(url);
      const proxy = await openCutProxy(url);
      const openBus = () => corner.openBus({ url: proxy.url });
      const bus = openBus();
      try {
        await property.check({
          bus,
          openAnother: openBus,
          startMember: () => Promise.reject(new Error('not here')),
          async restartBroker() {
            await proxy.cut();
            await proxy.restore();
          },
        });
      } finally {
        await bus.close();
        await proxy.cut();
        await corner.clean();
      }
    });
  }

  engineTest('rabbitmq', 'tells every listener of the gap, and leaves no queue of theirs behind', async (url) => {
    const corner = openRabbitmqCorner(url);
    const proxy = await openCutProxy(url);
    const bus = corner.openBus({ url: proxy.url });
    const gates = [createGate(), createGate()];
    try {
      for (const gate of gates) await bus.listen([topic], () => {}, { onGap: gate.open });
      await proxy.cut();
      await proxy.restore();
      await Promise.all(gates.map(({ opened }) => opened));
      await bus.close();
      // An exchange without a queue bound to it may be removed "if unused".
      const exchange = corner.topology.exchange(topic);
      await corner.withChannel((channel) => channel.exchangeDelete({ exchange, ifUnused: true }));
    } finally {
      await bus.close();
      await proxy.cut();
      await corner.clean();
    }
  });
});
