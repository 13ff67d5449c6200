import { describe, expect, it } from 'vitest';
import type { ClientFrame } from './frames.ts';
import { createReceiptQueue } from './receipts.ts';
import { createTestClock } from './testing/test-clock.ts';

function start() {
  const clock = createTestClock();
  const frames: Extract<ClientFrame, { op: 'receipt' }>[] = [];
  let connected = true;
  let ref = 0;
  const queue = createReceiptQueue({
    clock,
    random: () => 1,
    nextRef: () => ++ref,
    send(frame) {
      if (connected) frames.push(frame as (typeof frames)[number]);
      return connected;
    },
  });
  const refuse = (retryable: boolean, retryAfterMs?: number) =>
    queue.onError({
      op: 'error',
      ...(frames.at(-1) && { ref: frames.at(-1)?.ref as number }),
      code: 'service.unavailable',
      message: '',
      retryable,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  return {
    clock,
    queue,
    refuse,
    /** Frames since the last look, without their refs. */
    told: () => frames.splice(0).map(({ op: _, ref: __, ...marks }) => marks),
    last: () => frames.at(-1),
    connect(on: boolean) {
      connected = on;
      if (!on) queue.offline();
    },
  };
}

describe('receipt queue', () => {
  it('gathers what comes within an interval into its highest watermarks', () => {
    const { clock, queue, told } = start();
    queue.add('c', { delivered: 3 });
    queue.add('c', { delivered: 2, read: 1 });
    queue.add('d', { read: 9 });
    expect(told()).toEqual([]);
    clock.advance(300);
    expect(told()).toEqual([
      { conversation: 'c', delivered: 3, read: 1 },
      { conversation: 'd', read: 9 },
    ]);
  });

  it('tells again what was refused for now, together with what has come since', () => {
    const { clock, queue, refuse, told } = start();
    queue.add('c', { read: 3 });
    clock.advance(300);
    expect(refuse(true)).toBe(true);
    queue.add('c', { delivered: 4 });
    told();
    clock.advance(500);
    expect(told()).toEqual([{ conversation: 'c', delivered: 4, read: 3 }]);
  });

  it('waits as long as the server asks, and longer with each refusal', () => {
    const { clock, queue, refuse, told, last } = start();
    queue.add('c', { read: 3 });
    clock.advance(300);
    refuse(true, 4_000);
    told();
    clock.advance(3_999);
    expect(last()).toBeUndefined();
    clock.advance(1);
    for (const waitMs of [500, 1_000, 2_000]) {
      refuse(true);
      told();
      clock.advance(waitMs - 1);
      expect(last()).toBeUndefined();
      clock.advance(1);
    }
    expect(told()).toEqual([{ conversation: 'c', read: 3 }]);
  });

  it('leaves what was refused for good, and errors that are not about it, to others', () => {
    const { clock, queue, refuse, told } = start();
    expect(refuse(true)).toBe(false);
    queue.add('c', { read: 3 });
    clock.advance(300);
    expect(refuse(false)).toBe(false);
    told();
    clock.advance(60_000);
    expect(told()).toEqual([]);
  });

  it('tells again on the next connection what was told just before the last one went, and nothing older', () => {
    const { clock, queue, told, connect } = start();
    queue.add('c', { read: 3 });
    clock.advance(300);
    clock.advance(60_000);
    queue.add('d', { read: 4 });
    clock.advance(300);
    told();
    connect(false);
    queue.add('d', { delivered: 5 });
    clock.advance(300);
    expect(told()).toEqual([]);
    connect(true);
    queue.flush();
    expect(told()).toEqual([{ conversation: 'd', read: 4, delivered: 5 }]);
    queue.clear();
    connect(false);
    connect(true);
    queue.flush();
    expect(told()).toEqual([]);
  });
});
