import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../harness/index.ts';
import { type ChaosClient, createChaosClient } from './chaos-client.ts';
import { nameReactions, type Recorded, type RecordedConversation } from './recorded.ts';

/** People who talk steadily, from one process, until told to stop. */
export interface Load {
  readonly clients: readonly ChaosClient[];
  /** Errors that the SDK did not heal by itself, in words. */
  readonly unhealed: readonly string[];
  /** How often sockets have closed, by code and reason, since it was last asked. */
  takeCloses(): string;
  /** Messages written so far. */
  readonly sent: number;
  /** How many of those who want to be online are. */
  online(): { readonly online: number; readonly of: number };
  /** No more messages; everybody comes back online. */
  quiet(): void;
  /** Who is not level with the server, and why; empty: everything is where it belongs. */
  laggards(): Promise<readonly string[]>;
  /** Everything that was seen and the whole history, as of now. */
  record(): Promise<Recorded>;
  close(): void;
}

export interface LoadOptions {
  readonly url: string;
  readonly people: number;
  /** Messages per second of all together. */
  readonly perSecond: number;
}

interface Group {
  readonly id: string;
  readonly members: readonly ChaosClient[];
}

/** Group sizes as shares of what is written: most in small groups, some where everybody hears it. */
const shapes = [
  { size: 5, count: 20, share: 0.75 },
  { size: 15, count: 3, share: 0.2 },
  { size: 50, count: 1, share: 0.05 },
] as const;

/** Signs everybody up, makes the groups, connects, and begins to talk. */
export async function startLoad({ url, people, perSecond }: LoadOptions): Promise<Load> {
  const unhealed: string[] = [];
  const strings = new Map<string, string>();
  const intern = (text: string): string => {
    const known = strings.get(text);
    if (known === undefined) strings.set(text, text);
    return known ?? text;
  };
  let closes = new Map<string, number>();
  const onClosed = (why: string) => void closes.set(why, (closes.get(why) ?? 0) + 1);
  const clients: ChaosClient[] = [];
  for (let i = 0; i < people; i++) {
    const onUnhealed = (problem: string) => unhealed.push(problem);
    clients.push(await createChaosClient({ url, name: `p${i}`, intern, onUnhealed, onClosed }));
  }
  const groups = await createGroups(clients);
  // Before the first message, so that everybody is told of every message there is.
  for (const one of clients) one.come();
  for (const one of clients) await until('everybody is online', () => isLevel(one), 60_000);
  const talk = startTalking(clients, groups, perSecond);
  return {
    clients,
    unhealed,
    takeCloses() {
      const told = [...closes].map(([why, times]) => `${times}x ${why}`).join(', ');
      closes = new Map();
      return told || 'none';
    },
    get sent() {
      return talk.sent;
    },
    online() {
      const wanted = clients.filter((one) => !one.away);
      return { online: wanted.filter((one) => one.client.state === 'online').length, of: wanted.length };
    },
    quiet() {
      talk.stop();
      for (const one of clients) if (one.away) one.come();
    },
    laggards: () => findLaggards(groups, clients),
    async record() {
      // Clients first: whatever they know by now must be in the history that is read after it, also when they are not level.
      const records = clients.map((one) => one.record());
      const conversations: RecordedConversation[] = [];
      for (const group of groups) conversations.push(await readHistory(group, intern));
      return { clients: records, conversations };
    },
    close() {
      talk.stop();
      for (const one of clients) one.client.close();
    },
  };
}

function isLevel({ client, conversations }: ChaosClient): boolean {
  return client.state === 'online' && conversations.every((id) => client.conversation(id));
}

async function createGroups(clients: readonly ChaosClient[]): Promise<readonly (Group & { share: number })[]> {
  const groups: (Group & { share: number })[] = [];
  for (const { size, count, share } of shapes) {
    for (let i = 0; i < count; i++) {
      const first = Math.floor((i * clients.length) / count);
      const members = Array.from(
        { length: Math.min(size, clients.length) },
        (_, k) => clients[(first + k) % clients.length] as ChaosClient,
      );
      const [owner, ...others] = members as [ChaosClient, ...ChaosClient[]];
      const { id } = await owner.client.api.createConversation({
        kind: 'group',
        name: `${size} people, ${i}`,
        members: others.map(({ user }) => user),
      });
      for (const member of members) member.conversations = [...member.conversations, id];
      groups.push({ id, members, share: share / count });
    }
  }
  return groups;
}

/** Every so many messages: a change of an earlier one, a read mark, somebody who goes away for a moment. */
const editEvery = 50;
const reactEvery = 50;
const deleteEvery = 100;
const readEvery = 20;
const leaveEvery = 100;
const awayMs = 1_500;

/** Writes at an even pace, catching up when a timer is late. */
function startTalking(
  clients: readonly ChaosClient[],
  groups: readonly (Group & { share: number })[],
  perSecond: number,
): { stop(): void; readonly sent: number } {
  let sent = 0;
  const began = performance.now();
  const anyOf = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
  const anyGroup = (): Group => {
    let left = Math.random();
    return groups.find(({ share }) => (left -= share) < 0) ?? (groups[0] as Group);
  };

  function step(): void {
    const due = ((performance.now() - began) / 1_000) * perSecond;
    for (; sent < due; sent++) {
      const group = anyGroup();
      const member = anyOf(group.members);
      member.send(group.id, `${sent} ${'x'.repeat(Math.floor(Math.random() * 200))}`);
      if (sent % editEvery === 0) anyOf(clients).edit(sent);
      if (sent % reactEvery === 1) anyOf(clients).react(sent);
      if (sent % deleteEvery === 2) anyOf(clients).remove(sent);
      if (sent % readEvery === 0) anyOf(group.members).read(group.id);
      if (sent % leaveEvery === 0) absent(anyOf(clients));
    }
  }

  function absent(one: ChaosClient): void {
    if (one.away) return;
    one.leave();
    setTimeout(() => {
      if (one.away) one.come();
    }, awayMs).unref();
  }

  const timer = setInterval(step, 5);
  return {
    stop: () => clearInterval(timer),
    get sent() {
      return sent;
    },
  };
}

async function findLaggards(groups: readonly Group[], clients: readonly ChaosClient[]): Promise<readonly string[]> {
  const laggards: string[] = [];
  for (const { client, user, busy, conversations } of clients) {
    const waiting = conversations.flatMap((id) => client.drafts(id)).length;
    if (client.state !== 'online') laggards.push(`${user} is ${client.state}`);
    else if (waiting > 0) laggards.push(`${user} has ${waiting} messages without an answer`);
    else if (busy > 0) laggards.push(`${user} waits for ${busy} changes`);
  }
  if (laggards.length > 0) return laggards;
  for (const { id, members } of groups) {
    const observer = findObserver(members);
    const { lastSeq, lastRev } = await observer.client.api.getConversation(id);
    for (const { client, user } of members) {
      const log = client.conversation(id)?.log;
      if (log?.seq !== lastSeq || log.rev !== lastRev) {
        laggards.push(`${user} is at seq ${log?.seq} rev ${log?.rev} of ${id}, which ends at ${lastSeq}, ${lastRev}`);
      }
    }
  }
  return laggards;
}

/** Whoever has been signed out by a fault cannot look, and the fault has been told. */
function findObserver(members: readonly ChaosClient[]): ChaosClient {
  return members.find(({ client }) => client.account) ?? (members[0] as ChaosClient);
}

async function readHistory({ id, members }: Group, intern: (text: string) => string): Promise<RecordedConversation> {
  const { api } = findObserver(members).client;
  const history: RecordedConversation['history'][number][] = [];
  for (let after = 0; ; ) {
    const page = await api.getHistory(id, { after, limit: 200 });
    for (const { seq, rev, id: messageId, sender, ...state } of page.items) {
      const content = intern(JSON.stringify(state.content));
      const reactions = intern(nameReactions(state.reactions));
      history.push({
        conversation: id,
        seq,
        rev,
        id: intern(messageId),
        sender: intern(sender.id),
        content,
        reactions,
      });
      after = Math.max(after, seq);
    }
    if (page.items.length < 200) {
      return { id, members: members.map(({ user }) => user), lastSeq: page.lastSeq, history };
    }
    await sleep(0);
  }
}
