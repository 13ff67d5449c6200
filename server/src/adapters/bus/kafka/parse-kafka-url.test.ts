import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../../kernel/errors.ts';
import { parseKafkaUrl } from './parse-kafka-url.ts';

test('reads one broker or several', () => {
  expect(parseKafkaUrl('kafka://one')).toEqual({ brokers: ['one:9092'], tls: false });
  expect(parseKafkaUrl('kafkas://one:1,two.example:2/')).toEqual({ brokers: ['one:1', 'two.example:2'], tls: true });
});

test.each([
  '',
  'one:9092',
  'http://one',
  'kafka://',
  'kafka://one:0',
  'kafka://one:99999',
  'kafka://one,,two',
  'kafka://a/b',
])('refuses %j and says how it should read', (url) => {
  expect(() => parseKafkaUrl(url)).toThrow('kafka://host:9092');
});

test('does not repeat a password', () => {
  expect(() => parseKafkaUrl('kafka://me:secret@one:9092')).toThrow(/^(?!.*secret).*name or password/);
});

test('fails in no other way', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((rest) => `kafka://${rest}`),
      ),
      (url) => {
        try {
          expect(parseKafkaUrl(url).brokers.length).toBeGreaterThan(0);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Failure);
        }
      },
    ),
  );
});
