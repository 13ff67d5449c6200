import { setTimeout as pause } from 'node:timers/promises';
import { createGroup, createPerson, historyOf, type Message, textOf } from './people.ts';
import type { Frame, RawSocket } from './raw-socket.ts';
import { until } from './until.ts';

/** Two people who talk on while others misbehave: what happens to them is the measure of the misbehaviour. */
export interface Bystander {
  readonly conversation: string;
  /**
   * Stops talking and compares the three accounts of it: what was acknowledged, what the listener heard live, what history
   * says. Returns what differs, and every frame that was none of their business; [] when all is well.
   */
  check(): Promise<string[]>;
}

export async function startBystander(server: { readonly url: string }, everyMs = 5): Promise<Bystander> {
  const [speaker, listener] = [await createPerson(server, 'speaker'), await createPerson(server, 'listener')];
  const { id } = await createGroup(speaker, [listener]);
  const sockets: [RawSocket, RawSocket] = [await speaker.socket(), await listener.socket()];
  let talking = true;
  let said = 0;
  const done = (async () => {
    for (; talking; said++) {
      const text = `calm ${said}`;
      sockets[0].send({ op: 'send', ref: said, conversation: id, id: text, content: { type: 'text', text } });
      await pause(everyMs);
    }
  })();

  return {
    conversation: id,
    async check() {
      talking = false;
      await done;
      const wrong: string[] = [];
      const wanted = Array.from({ length: said }, (_, i) => `calm ${i}`);
      for (const [who, socket] of [['speaker', sockets[0]] as const, ['listener', sockets[1]] as const]) {
        await until(
          `the ${who} hears the last message (close ${socket.closeCode})`,
          () => heard(socket).length >= said,
        );
        await socket.settle();
        const messages = heard(socket);
        compare(`live to the ${who}`, messages.map(textOf), wanted, wrong);
        const revs = messages.map((frame) => frame.rev as number);
        if (revs.some((rev, i) => i > 0 && rev <= (revs[i - 1] as number))) wrong.push(`revs fall back: ${revs}`);
        for (const frame of socket.frames)
          if (isForeign(frame, id)) wrong.push(`the ${who} got ${JSON.stringify(frame)}`);
      }
      await until('every send is answered', () => answers(sockets[0]).length >= said);
      const refused = answers(sockets[0]).filter((frame) => frame.op !== 'sent');
      if (refused.length > 0) wrong.push(`sends were refused: ${JSON.stringify(refused.slice(0, 3))}`);
      const stored: Message[] = [];
      for (let page: Message[]; (page = await historyOf(listener, id, `after=${stored.length}&limit=200`)).length > 0; )
        stored.push(...page);
      compare('history', stored.map(textOf), wanted, wrong);
      compare(
        'seqs',
        stored.map((message) => message.seq),
        wanted.map((_, i) => i + 1),
        wrong,
      );
      for (const socket of sockets) socket.close();
      return wrong;
    },
  };
}

const heard = (socket: RawSocket): Frame[] => socket.frames.filter((frame) => frame.op === 'message');
const answers = (socket: RawSocket): Frame[] => socket.frames.filter((frame) => typeof frame.ref === 'number');

function isForeign(frame: Frame, conversation: string): boolean {
  const of = frame.conversation as string | { id: string } | undefined;
  return of !== undefined && (typeof of === 'string' ? of : of.id) !== conversation;
}

function compare<T>(what: string, got: readonly T[], wanted: readonly T[], wrong: string[]): void {
  const at = wanted.findIndex((value, i) => got[i] !== value);
  if (at >= 0) wrong.push(`${what}: at ${at} ${String(got[at])} instead of ${String(wanted[at])}`);
  else if (got.length !== wanted.length) wrong.push(`${what}: ${got.length} instead of ${wanted.length}`);
}
