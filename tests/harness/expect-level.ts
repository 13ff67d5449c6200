import { expect } from 'vitest';
import { type SdkPerson, wholeHistory } from './sdk.ts';
import { until } from './until.ts';

/** Everybody's view, what everybody was told, and history are one and the same. */
export async function expectLevel(
  conversation: string,
  everybody: readonly SdkPerson[],
  ids: readonly string[],
): Promise<void> {
  const history = await wholeHistory((everybody[0] as SdkPerson).client, conversation);
  for (const one of everybody) {
    await until(`${one.username} is level`, () => one.view(conversation).length >= history.length);
    expect(one.view(conversation)).toEqual(history);
    // Of a backlog it is told when all of it is there.
    const told = () => one.told.filter((id) => ids.includes(id));
    await until(`${one.username} is told of everything`, () => told().length >= ids.length);
    expect(told(), `${one.username} is told of each message once, in order`).toEqual(
      history.map((line) => line.split(' ')[1]),
    );
    expect(one.client.drafts(conversation)).toEqual([]);
  }
  expect(history.map((line) => Number(line.split(' ')[0]))).toEqual(history.map((_, i) => i + 1));
  expect(history.map((line) => line.split(' ')[1]).toSorted()).toEqual(ids.toSorted());
}

/** Of the messages that one of them sent, in the order of the view. */
export const idsOf = (lines: readonly string[], username: string): (string | undefined)[] =>
  lines.filter((line) => line.includes(` ${username} `)).map((line) => line.split(' ')[1]);
