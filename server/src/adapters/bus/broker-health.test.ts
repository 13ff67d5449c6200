import { expect, test } from 'vitest';
import { createBrokerHealth } from './broker-health.ts';

test('a broker is down when it has answered nothing for a while, and up with its next answer', () => {
  let now = 0;
  const { answered, failed, health } = createBrokerHealth('Kafka', () => now);
  expect(health().status).toBe('ok');
  failed();
  now = 2_999;
  failed();
  expect(health().status).toBe('ok');
  now = 3_000;
  expect(health()).toEqual({ status: 'down', detail: 'Kafka does not answer' });
  answered();
  expect(health().status).toBe('ok');
});
