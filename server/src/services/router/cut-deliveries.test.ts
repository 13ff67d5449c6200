import { expect, test } from 'vitest';
import type { Delivery } from '../../model/delivery.ts';
import { cutDeliveries } from './cut-deliveries.ts';

const said = (rev: number, content: string): Delivery =>
  ({ kind: 'message', conversation: 'c', rev, message: { content, reactions: '{}', mentions: [] } }) as never;
const typing = { kind: 'typing', conversation: 'c', user: 'u', on: true } as unknown as Delivery;

test('small ones go in one call, none in none', () => {
  expect(cutDeliveries([])).toEqual([]);
  expect(cutDeliveries([said(1, 'a'), typing, said(2, 'b')])).toEqual([[said(1, 'a'), typing, said(2, 'b')]]);
});

test('large ones go in several, in order, each once', () => {
  const deliveries = Array.from({ length: 100 }, (_, rev) => said(rev, 'x'.repeat(1_000)));
  const calls = cutDeliveries(deliveries, 10_000);
  expect(calls.flat()).toEqual(deliveries);
  expect(Math.max(...calls.map((call) => call.length))).toBe(2);
});

test('settings weigh what their texts do', () => {
  const settings = (rev: number, avatar: string): Delivery =>
    ({ kind: 'conversation', conversation: 'c', rev, change: 'updated', settings: { topic: null, avatar } }) as never;
  expect(cutDeliveries([settings(1, 'x'.repeat(500)), settings(2, '')], 2_100)).toHaveLength(2);
});

test('one that is larger than a call goes alone', () => {
  const calls = cutDeliveries([said(1, 'a'), said(2, 'x'.repeat(10_000)), said(3, 'b')], 2_000);
  expect(calls.map((call) => call.length)).toEqual([1, 1, 1]);
});
