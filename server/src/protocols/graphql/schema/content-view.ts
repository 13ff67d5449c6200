import type { AttachmentId } from '../../../kernel/ids.ts';
import type { Message } from '../../../model/message.ts';

/** A content as it was sent, read. What it may hold was checked when it was. */
export interface ContentView {
  readonly type: 'text' | 'image' | 'video' | 'audio' | 'file' | 'location' | 'form' | 'json' | 'system';
  readonly text?: string;
  readonly attachment?: AttachmentId;
  readonly latitude?: number;
  readonly longitude?: number;
  readonly value?: unknown;
  readonly event?: string;
}

/** null once the message is deleted. */
export function readContent({ content }: Pick<Message, 'content'>): ContentView | null {
  return content === null ? null : (JSON.parse(content) as ContentView);
}
