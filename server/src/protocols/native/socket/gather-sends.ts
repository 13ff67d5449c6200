import { systemContext } from '../../../kernel/context.ts';
import { Failure, toFailure } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Draft } from '../../../model/message.ts';
import type { AppendResult, SendMessages } from '../../../services/chat/api.ts';
import { createError, createSent, type FrameRef } from './answers.ts';
import type { Client, ClientOutlet } from './client.ts';

interface Waiting {
  readonly outlet: ClientOutlet;
  readonly ref: FrameRef;
  readonly draft: Draft;
}

/**
 * Gathers the drafts of all sockets read in one turn of the event loop into one `chat.append`: the call costs the same for
 * one as for hundreds, and nobody waits for a timer. `sent` follows the commit, never comes before it, and waits for no other
 * conversation's. An answer that cannot be given ends the connection of who would get it.
 */
export function gatherSends(chat: SendMessages, log: Log): (outlet: ClientOutlet, ref: FrameRef, draft: Draft) => void {
  let waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    // null: answered
    const batch: (Waiting | null)[] = waiting;
    const drafts = waiting.map(({ draft }) => draft);
    waiting = [];
    const answer = (index: number, result: AppendResult | Failure): void => {
      const asked = batch[index];
      if (!asked) return;
      batch[index] = null;
      const { outlet, ref, draft } = asked;
      const client = outlet.state as Client;
      client.sendsInFlight--;
      try {
        client.connection?.send(result instanceof Failure ? createError(ref, result) : createSent(ref, draft, result));
      } catch (thrown) {
        outlet.fail(thrown);
      }
    };
    try {
      const results = await chat.append(systemContext('send'), drafts, answer);
      for (const [index, result] of results.entries()) answer(index, result);
    } catch (thrown) {
      const failure = toFailure(thrown);
      if (failure.code === 'internal') log.error({ err: failure.cause ?? failure }, 'append failed');
      for (const index of batch.keys()) answer(index, failure);
    }
  }

  return (outlet, ref, draft) => {
    // Set after the poll phase, in which all sockets with data are read.
    if (waiting.length === 0) setImmediate(flush);
    (outlet.state as Client).sendsInFlight++;
    waiting.push({ outlet, ref, draft });
  };
}
