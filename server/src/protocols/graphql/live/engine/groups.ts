import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import type { AccountId } from '../../../../kernel/ids.ts';
import type { Message } from '../../../../model/message.ts';
import type { Encoder, Senders } from '../../../../services/realtime/api.ts';
import { describeEvent, type NotificationReason, reasonOf, viewMessage } from './describe-event.ts';
import { copyTemplate, createFrameTemplate, type FrameTemplate, fillTemplate } from './frame-template.ts';
import type { UserPreferences } from './notify-preferences.ts';
import type { ReadSelection, Selection } from './selection.ts';

/** Takes bytes over until nothing of them is buffered any more. */
export interface FrameSink {
  write(frames: Buffer): void;
  readonly buffered: number;
}

/** All subscribers of one selection on this hub. An event is carried out and written as JSON once for the group. */
export class Group {
  /** What all subscribers of a field are told; of notifications only what all are. */
  readonly encoder: Encoder;
  readonly selection: Selection;
  members = 0;
  /** What notifications look like, by message and reason: most recipients of a message have the same. */
  private readonly notifications = new WeakMap<Message, Map<NotificationReason, Buffer | null>>();
  private lines: Buffer | null = null;
  private readonly templates = new Map<number, FrameTemplate>();

  constructor(selection: Selection) {
    this.selection = selection;
    this.encoder = {
      protocol: `graphql:${selection.key}`,
      encode: (event, senders) => {
        // Only those that have named positions hear of it.
        if (event.kind === 'resumed') return selection.encode({ type: 'Resumed', ...event });
        const told = describeEvent(event, senders);
        return told?.field === selection.field ? selection.encode(told.value) : null;
      },
    };
  }

  /**
   * Of notifications: whether there is one is for each reader to say, and what it says is the same for all who have it. What the reader
   * changes of their preferences comes the same way, in order with the messages they are for, and is told to nobody.
   */
  encoderFor(reader: AccountId, preferences: UserPreferences): Encoder {
    return {
      protocol: `${this.encoder.protocol} ${reader}`,
      encode: (event, senders) => {
        if (event.kind === 'preferences' || event.kind === 'missed') {
          preferences.onChange(event.kind === 'preferences' ? event : null);
          return null;
        }
        if (event.kind !== 'message' && event.kind !== 'ephemeral') return this.encoder.encode(event, senders);
        const reason = reasonOf(event.message, reader, preferences.ruleOf(event.conversation));
        return reason ? this.notification(event.message, reason, senders) : null;
      },
    };
  }

  private notification(message: Message, reason: NotificationReason, senders: Senders): Buffer | null {
    const known = this.notifications.get(message) ?? new Map<NotificationReason, Buffer | null>();
    this.notifications.set(message, known);
    let line = known.get(reason);
    if (line === undefined) {
      line = this.selection.encode({ type: 'Notification', reason, message: viewMessage(message, senders) });
      known.set(reason, line);
    }
    return line;
  }

  /**
   * Writes the lines to the subscriber of that id. The hub writes the same lines to one subscriber after another, and a kernel that
   * takes all of them at once leaves their memory to the next: only for who lets bytes wait is there a copy.
   */
  write(socket: FrameSink, lines: Buffer, id: Uint8Array): void {
    if (this.lines !== lines) {
      // The last bytes ever written would be kept alive otherwise.
      if (!this.lines) setImmediate(this.forget);
      this.lines = lines;
      this.templates.clear();
    }
    let template = this.templates.get(id.length);
    if (!template) {
      template = createFrameTemplate(lines, id.length);
      this.templates.set(id.length, template);
    }
    fillTemplate(template, id);
    socket.write(template.frames);
    if (socket.buffered > 0) this.templates.set(id.length, copyTemplate(template));
  }

  private readonly forget = (): void => {
    this.lines = null;
    this.templates.clear();
  };
}

export interface Groups {
  /** Throws a GraphQLError. Every join must be paired with a leave. */
  join(document: DocumentNode, operation: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>): Group;
  leave(group: Group): void;
  readonly size: number;
}

export function createGroups(read: ReadSelection): Groups {
  const groups = new Map<string, Group>();
  return {
    join(document, operation, variables) {
      const selection = read(document, operation, variables);
      const group = groups.get(selection.key) ?? new Group(selection);
      groups.set(selection.key, group);
      group.members++;
      return group;
    },
    leave(group) {
      group.members--;
      if (group.members === 0) groups.delete(group.selection.key);
    },
    get size() {
      return groups.size;
    },
  };
}
