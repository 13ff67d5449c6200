import { expect, test } from 'vitest';
import { createStatus, type StatusSources } from './status.ts';

const fine: StatusSources = {
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
] as const)('%s', (status, sources) => {
  expect(createStatus(sources).status).toBe(status);
});

test('shows every part, and none that is down as running', () => {
  const { services } = createStatus({ ...fine, foundation: { database: { status: 'down', detail: 'gone' } } });
  expect(services).toEqual({
    database: { status: 'down', detail: 'gone', instances: 0 },
    chat: { status: 'ok', instances: 1 },
    relay: { status: 'ok', instances: 1 },
  });
});
