import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NativeServer, startNativeServer } from '../../../../test-support/native-server.ts';

let server: NativeServer;
beforeAll(async () => {
  server = await startNativeServer();
});
afterAll(() => server.close());

/** What the specification of GraphQL over HTTP asks of a server: MUST, SHOULD and MAY alike. */
const audits = serverAudits({ url: () => `${server.url}/graphql` });

test('there are 61 audits', () => {
  expect(audits).toHaveLength(61);
});

test.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))('%s', async (_name, audit) => {
  const { status, ...rest } = await audit.fn();
  expect(status, 'reason' in rest ? rest.reason : undefined).toBe('ok');
});
