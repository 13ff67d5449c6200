import { describe, expect, test } from 'vitest';
import { type TestConnection, TestHub } from '../../../../test-support/realtime/test-hub.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import { createDirectId } from '../../../model/direct-id.ts';

const [ann, bob] = ['ann', 'bob'] as [AccountId, AccountId];
const direct = createDirectId(ann, bob);

/** Ann and Bob have read, and these of the two are connected here: whose receipts each has been told. */
async function read(hub: TestHub, connected: readonly AccountId[]): Promise<() => Promise<string[][]>> {
  await hub.start();
  hub.chat.create(direct, [ann, bob]);
  hub.loseStream();
  const all: TestConnection[] = [];
  for (const user of connected) all.push(await hub.open(user));
  let seq = 0;
  return async () => {
    seq++;
    for (const user of [ann, bob]) {
      await hub.deliver([{ kind: 'receipt', conversation: direct, user, delivered: seq, read: seq }]);
    }
    hub.tick(2);
    await hub.settle();
    return all.map(({ outlet }) =>
      outlet
        .of('receipt')
        .filter((event) => event.read === seq)
        .map(({ user }) => user)
        .sort(),
    );
  };
}

describe('in a direct conversation', () => {
  test('each is told how far the other has read', async () => {
    const told = await read(new TestHub(), [ann, bob]);
    expect(await told()).toEqual([
      [ann, bob],
      [ann, bob],
    ]);
  });

  test('with a block neither is, until it ends; their own devices are', async () => {
    const hub = new TestHub();
    hub.blocks.push({ owner: bob, blocked: ann });
    const told = await read(hub, [ann, bob]);
    expect(await told()).toEqual([[ann], [bob]]);
    hub.blocks.pop();
    hub.changeBlock(bob, ann, false);
    expect(await told()).toEqual([
      [ann, bob],
      [ann, bob],
    ]);
  });

  test('the blocker is not told of the blocked who is connected elsewhere', async () => {
    const hub = new TestHub();
    hub.blocks.push({ owner: bob, blocked: ann });
    const told = await read(hub, [bob]);
    expect(await told()).toEqual([[bob]]);
  });

  test('the own devices do not wait for people', async () => {
    const hub = new TestHub();
    const told = await read(hub, [ann, bob]);
    // It may pass: the hub asks again and again.
    hub.blocksFail = fail('service.unavailable');
    expect(await told()).toEqual([[ann], [bob]]);
  });

  test('while blocks cannot be read, only the own devices are told; the others hear of the next mark', async () => {
    const hub = new TestHub();
    const told = await read(hub, [ann, bob]);
    hub.blocksFail = fail('internal');
    expect(await told()).toEqual([[ann], [bob]]);
    hub.blocksFail = null;
    expect(await told()).toEqual([
      [ann, bob],
      [ann, bob],
    ]);
  });
});
