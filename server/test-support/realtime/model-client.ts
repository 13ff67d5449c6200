import type { ConversationId } from '../../src/kernel/ids.ts';
import type { Message } from '../../src/model/message.ts';
import type { Position } from '../../src/model/position.ts';
import { type Frame, type TestConnection, type TestHub, TestOutlet } from './test-hub.ts';

/** A client by the book (PROTOCOL): applies what is newer, resumes on connecting and whenever the revs jump. */
export class ModelClient {
  readonly user: string;
  readonly known = new Map<string, Map<number, Message>>();
  readonly positions = new Map<string, Position>();
  socket: TestConnection | null = null;
  resumes = 0;
  private read = 0;
  private wanted = new Set<string>();
  private waiting = false;
  /** What the resume under way names: only of these does `resumed` move the position. */
  private named = new Set<string>();

  constructor(user: string) {
    this.user = user;
  }

  async connect(hub: TestHub): Promise<void> {
    if (this.socket) return;
    const socket = await hub.open(this.user, new TestOutlet());
    if (this.socket) {
      socket.connection.closed();
      return;
    }
    this.socket = socket;
    this.read = 0;
    this.waiting = false;
    this.wanted = new Set(this.positions.keys());
    this.resume();
  }

  disconnect(): void {
    this.socket?.connection.closed();
    this.socket = null;
  }

  /** Reads what has come; true when there was something to do. */
  step(): boolean {
    const outlet = this.socket?.outlet;
    if (!outlet) return false;
    if (outlet.closed !== null) {
      this.disconnect();
      return true;
    }
    const fresh = outlet.frames.slice(this.read);
    this.read += fresh.length;
    for (const frame of fresh) this.apply(frame);
    if (this.wanted.size > 0 && !this.waiting) this.resume();
    return fresh.length > 0;
  }

  private resume(): void {
    const positions = new Map<ConversationId, Position>();
    for (const id of this.wanted) positions.set(id as ConversationId, this.positions.get(id) as Position);
    this.named = this.wanted;
    this.wanted = new Set();
    this.waiting = true;
    this.resumes++;
    this.socket?.connection.resume(this.resumes, positions).catch(() => {});
  }

  private apply(frame: Frame): void {
    if (frame.kind === 'message' || frame.kind === 'edited') this.store(frame.message);
    else if (frame.kind === 'deleted') this.tombstone(frame.conversation, frame.seq, frame.rev);
    else if (frame.kind === 'conversation') this.changed(frame);
    // As a client that reads its list anew: a resume, too, says which conversations are its user's no more.
    else if (frame.kind === 'missed') for (const id of this.positions.keys()) this.wanted.add(id);
    else if (frame.kind === 'resumed') {
      for (const row of frame.conversations) {
        if (row.left) this.forget(row.conversation);
        else if (row.continuity === 'lost') this.fetchAnew(row.conversation, row.epoch);
        else if (row.continuity === 'more' && this.named.has(row.conversation))
          this.moveTo(row.conversation, row, true);
        else if (this.named.has(row.conversation)) this.moveTo(row.conversation, row, false);
        else if (!this.positions.has(row.conversation)) this.fetchAnew(row.conversation, row.epoch);
      }
      if (!frame.more) this.waiting = false;
    }
  }

  /** A conversation it knows nothing of is read from the beginning, as a client would do over REST. */
  private fetchAnew(id: string, epoch: string): void {
    this.known.set(id, new Map());
    this.named.delete(id);
    this.positions.set(id, { epoch, seq: 0, rev: 0 });
    this.wanted.add(id);
  }

  private changed(frame: Extract<Frame, { kind: 'conversation' }>): void {
    const { id } = frame.conversation;
    if (frame.change === 'left' && frame.user === this.user) this.forget(id);
    else if (frame.user === this.user && frame.conversation.epoch) this.fetchAnew(id, frame.conversation.epoch);
    else this.heard(id, frame.rev, () => {});
  }

  private forget(id: string): void {
    this.known.delete(id);
    this.positions.delete(id);
    this.wanted.delete(id);
    this.named.delete(id);
  }

  private moveTo(id: string, row: { epoch: string; seq: number; rev: number }, again: boolean): void {
    const { epoch, seq, rev } = row;
    this.positions.set(id, { epoch, seq, rev });
    if (again) this.wanted.add(id);
  }

  private store(message: Message): void {
    this.heard(message.conversation, message.rev as number, () => {
      this.known.get(message.conversation)?.set(message.seq as number, message);
    });
  }

  private tombstone(id: string, seq: number, rev: number): void {
    this.heard(id, rev, () => {
      const message = this.known.get(id)?.get(seq);
      if (message)
        this.known.get(id)?.set(seq, { ...message, rev, content: null, deletedAt: '2026-01-02T00:00:00.000Z' });
    });
  }

  /** While a resume is under way what comes is backlog: applied without moving the position, which `resumed` does. */
  private heard(id: string, rev: number, apply: () => void): void {
    const position = this.positions.get(id);
    if (!position) return;
    if (this.waiting) {
      apply();
      return;
    }
    if (rev <= (position.rev ?? 0)) return;
    if (rev !== (position.rev ?? 0) + 1) {
      this.wanted.add(id);
      return;
    }
    apply();
    const seqs = this.known.get(id)?.keys() ?? [];
    this.positions.set(id, { ...position, rev, seq: Math.max(position.seq, ...seqs) });
  }
}
