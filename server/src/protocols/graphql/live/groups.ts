import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import type { Encoder } from '../../../services/realtime/api.ts';
import { copyTemplate, createFrameTemplate, type FrameTemplate, fillTemplate } from './frame-template.ts';
import type { ReadSelection, Selection } from './selection.ts';

/** Takes bytes over until nothing of them is buffered any more. */
export interface FrameSink {
  write(frames: Buffer): void;
  readonly buffered: number;
}

/** All subscribers of one selection on this hub. An event is carried out and written as JSON once for the group. */
export class Group {
  readonly encoder: Encoder;
  readonly key: string;
  members = 0;
  private lines: Buffer | null = null;
  private readonly templates = new Map<number, FrameTemplate>();

  constructor(selection: Selection) {
    this.key = selection.key;
    this.encoder = { protocol: `graphql:${selection.key}`, encode: selection.encode };
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
  /** Throws a GraphQLError. What joins has to leave. */
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
      if (group.members === 0) groups.delete(group.key);
    },
    get size() {
      return groups.size;
    },
  };
}
