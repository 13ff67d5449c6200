import { describe } from 'vitest';
import { engineTest } from '../../testing/engines.ts';
import { openRabbitmqCorner } from '../../testing/rabbitmq.ts';
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
