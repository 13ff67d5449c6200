import { expect, test } from 'vitest';
import { createRecord } from '../../../../conformance/bus/fixtures.ts';
import { fail } from '../../../kernel/errors.ts';
import { createPublisher } from './create-publisher.ts';
import { createTopology } from './topology.ts';

test('after a lost record nothing passes it that was asked for before its publisher could know', async () => {
  const sent: string[] = [];
  const outcomes = [Promise.reject(fail('service.unavailable')), Promise.resolve()];
  const sender = {
    async send(_envelope: object, body: Buffer) {
      sent.push(body.toString());
      await outcomes[sent.length - 1];
    },
    async close() {},
  };
  const topology = createTopology('', 1);
  const publisher = createPublisher({ sender, topology, isRead: () => true, maxMessageSize: 1 });
  const lost = publisher.publish([createRecord('a', 1)]);
  const waiting = publisher.publish([createRecord('a', 2)]);
  const late = lost.catch(() => publisher.publish([createRecord('a', 3)]));
  for (const publishing of [lost, waiting, late]) {
    await expect(publishing).rejects.toMatchObject({ code: 'service.unavailable' });
  }
  expect(sent).toHaveLength(1);
  // By now everybody has been told.
  await new Promise(setImmediate);
  await publisher.publish([createRecord('a', 1)]);
  expect(sent).toHaveLength(2);
});
