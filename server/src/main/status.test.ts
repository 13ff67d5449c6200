import { expect, test } from 'vitest';
import type { ProcessStatus } from '../services/process/api.ts';
import { createStatus } from './status.ts';

const fine: ProcessStatus = {
  foundation: { database: { status: 'ok' }, storage: { status: 'ok' } },
  modules: { chat: { status: 'ok' }, relay: { status: 'ok' } },
  ready: true,
  version: '1.2.3',
  uptimeSeconds: 7,
};

test.each([
  ['ok', fine],
  ['degraded', { ...fine, ready: false }],
  ['degraded', { ...fine, modules: { ...fine.modules, relay: { status: 'degraded', detail: 'not following' } } }],
  ['degraded', { ...fine, modules: { ...fine.modules, relay: { status: 'down' } } }],
  ['degraded', { ...fine, foundation: { ...fine.foundation, storage: { status: 'degraded', detail: 'Full: disk.' } } }],
  ['down', { ...fine, foundation: { ...fine.foundation, database: { status: 'down' } } }],
  ['down', { ...fine, modules: { chat: { status: 'down' } } }],
] as const)('%s', (status, own) => {
  expect(createStatus(own).status).toBe(status);
});

test('shows every part, and none that is down as running', () => {
  const { services } = createStatus({ ...fine, foundation: { database: { status: 'down', detail: 'gone' } } });
  expect(services).toEqual({
    database: { status: 'down', detail: 'gone', instances: 0 },
    chat: { status: 'ok', instances: 1 },
    relay: { status: 'ok', instances: 1 },
  });
});

const gateway: ProcessStatus = { ...fine, foundation: {}, modules: { gateway: { status: 'ok' } } };
const chat: ProcessStatus = {
  ...fine,
  modules: { chat: { status: 'ok' } },
  foundation: { 'database-chat': { status: 'ok' } },
};

test('counts the instances of other processes, and names what they stand on', () => {
  const others = [
    { service: 'chat', status: chat },
    { service: 'chat', status: chat },
    { service: 'gateway', status: gateway },
  ];
  expect(createStatus(gateway, others, ['chat', 'gateway'])).toMatchObject({
    status: 'ok',
    services: {
      chat: { status: 'ok', instances: 2 },
      gateway: { status: 'ok', instances: 2 },
      'database-chat': { status: 'ok' },
    },
  });
});

test('one instance of two that does not answer is degraded; none at all is down', () => {
  const one = createStatus(gateway, [
    { service: 'chat', status: chat },
    { service: 'chat', status: null },
  ]);
  expect(one).toMatchObject({ status: 'degraded', services: { chat: { status: 'degraded', instances: 1 } } });
  const none = createStatus(gateway, [{ service: 'chat', status: null }]);
  expect(none).toMatchObject({ status: 'down', services: { chat: { status: 'down', instances: 0 } } });
});

test('an expected service that nobody runs is down; without a vital one the whole is', () => {
  expect(createStatus(gateway, [{ service: 'chat', status: chat }], ['chat', 'people'])).toMatchObject({
    status: 'degraded',
    services: { people: { status: 'down', instances: 0, detail: 'no instance runs' } },
  });
  expect(createStatus(gateway, [], ['chat']).status).toBe('down');
});

test('a service is as well as the parts of its process, and not as the other services there', () => {
  const deaf = { status: 'degraded', detail: 'comparing heads' } as const;
  const modules = { realtime: { status: 'ok' }, hub: deaf, people: { status: 'down' } } as const;
  const status = { ...fine, foundation: {}, modules };
  const others = ['realtime', 'people'].map((service) => ({ service, status }));
  const { services } = createStatus(gateway, others, ['gateway', 'realtime', 'people']);
  expect(services).toMatchObject({ realtime: { ...deaf, instances: 1 }, people: { status: 'down', instances: 0 } });
});
