import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRegistryUrl } from './open-hub-registry.ts';
import { parseBusUrl } from './parse-bus-url.ts';

describe('--bus', () => {
  test.each([
    ['memory', { kind: 'memory' }],
    ['kafka://one,two:2', { kind: 'kafka', url: 'kafka://one,two:2', prefix: '' }],
    ['kafkas://one:1/', { kind: 'kafka', url: 'kafkas://one:1', prefix: '' }],
    ['kafka://one:1/prod', { kind: 'kafka', url: 'kafka://one:1', prefix: 'prod.' }],
    ['amqp://me:secret@one', { kind: 'rabbitmq', url: 'amqp://me:secret@one', prefix: '', management: null }],
    [
      'amqps://one:1/v%2Fh?prefix=a&management=http://one:15672',
      { kind: 'rabbitmq', url: 'amqps://one:1/v%2Fh', prefix: 'a.', management: 'http://one:15672' },
    ],
  ])('reads %s', (text, address) => expect(parseBusUrl(text)).toEqual(address));

  test.each([
    '',
    'kafka',
    'redis://one',
    'kafka://',
    'kafka://one:99999',
    'amqp://',
    'amqp://one?prefex=a',
    'amqp://one?management=one',
  ])('refuses %j and says how it should read', (text) =>
    expect(() => parseBusUrl(text)).toThrow(/memory.*kafka:\/\/|kafka:\/\/host|http:\/\/host/),
  );

  test.each(['kafka://one/a/b', 'kafka://one/a.b', 'amqp://one?prefix=a%20b'])('refuses the prefix of %s', (text) =>
    expect(() => parseBusUrl(text)).toThrow(/prefix|must be/),
  );

  test('fails in no other way', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.tuple(fc.constantFrom('kafka://', 'amqp://'), fc.string()).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const address = parseBusUrl(text);
          if (address.kind !== 'memory') expect(address.prefix).toMatch(/^([A-Za-z0-9_-]+\.)?$/);
        } catch (thrown) {
          expect((thrown as Error).message).toMatch(/must be|prefix|Kafka|management/);
        }
      }),
    );
  });
});

describe('--registry', () => {
  test.each([
    ['memory', { kind: 'memory' }],
    ['redis://one', { kind: 'redis', url: 'redis://one', prefix: 'parley' }],
    ['rediss://:secret@one:1/2?prefix=a', { kind: 'redis', url: 'rediss://:secret@one:1/2', prefix: 'a.parley' }],
  ])('reads %s', (text, address) => expect(parseRegistryUrl(text)).toEqual(address));

  test.each(['', 'redis', 'http://one', 'redis://', 'redis://one/a', 'redis://one?db=1'])('refuses %j', (text) =>
    expect(() => parseRegistryUrl(text)).toThrow('redis://'),
  );
});
