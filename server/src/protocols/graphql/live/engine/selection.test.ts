import { afterEach, beforeEach, expect, test } from 'vitest';
import { one, type ProtocolHub, startProtocolHub, subscribe, two } from '../../../../../test-support/protocol-hub.ts';

let server: ProtocolHub;
beforeEach(async () => {
  server = await startProtocolHub();
});
afterEach(() => server.close());

/** What a subscription is refused with, which leaves none behind. */
async function refusal(query: string, variables: Record<string, unknown> = {}) {
  const feed = subscribe(server.connect('ann'), query, variables);
  await expect.poll(() => feed.ended).not.toBeNull();
  const errors =
    feed.ended === 'completed'
      ? feed.results[0]?.errors
      : (feed.ended as NonNullable<(typeof feed.results)[0]['errors']>);
  // The socket's own part.
  expect(server.hub.realtime.hub.connectionCount).toBeLessThan(2);
  return [errors?.[0]?.extensions?.code, errors?.[0]?.message];
}

test.each([
  [
    'subscription { messages { ... on MessageAdded { message { sender { presence { state } } } } } }',
    'User.presence cannot be part of a subscription',
  ],
  [
    'subscription { messages { ...F } } fragment F on MessageAdded { message { reactions { users { id } } } }',
    'Reaction.users cannot be',
  ],
  ['subscription { ...F } fragment F on Subscription { typing { on } }', 'must hold one field'],
  ['subscription { typing @include(if: true) { on } }', 'must hold one field'],
  ['subscription { typing { on } receipts { read } }', 'must select only one top level field'],
  ['subscription { nothing }', 'Cannot query field "nothing"'],
  ['subscription { typing(conversations: ["x"]) { on } }', 'conversations must be a UUID'],
  ['subscription { typing(conversations: [1.5]) { on } }', 'ID cannot represent'],
  ['subscription { typing { on }', 'Syntax Error'],
])('%s', async (query, message) => {
  const [code, said] = await refusal(query);
  expect(said).toContain(message);
  expect(code).toBe('request.invalid');
});

test('too many at once', async () => {
  const id = (n: number) => `0190cccc-0000-7000-8000-${String(n).padStart(12, '0')}`;
  const [code] = await refusal('subscription ($users: [ID!]!) { presence(users: $users) { userId } }', {
    users: Array.from({ length: 501 }, (_, n) => id(n)),
  });
  expect(code).toBe('request.too_large');
  const many = Array.from({ length: 200 }, (_, n) => `f${n}: on`).join(' ');
  expect(await refusal(`subscription { typing { ${many} } }`)).toEqual([
    'request.too_large',
    'A subscription may select 200 fields.',
  ]);
  const named =
    'subscription ($in: [ID!], $after: [ConversationPositionInput!]) { messages(conversations: $in, after: $after) { __typename } }';
  expect(await refusal(named, { in: [one], after: [{ conversation: two, epoch: 'e', seq: 1 }] })).toEqual([
    'request.invalid',
    'after names a conversation that conversations does not.',
  ]);
});
