import type { Content } from '@parley/client';
import { text } from '../text.ts';

/** One line that stands for a message where there is no room for it. null: deleted. */
export function describeContent(content: Content | null): string {
  if (content === null) return text.conversations.deleted;
  const words = text.conversation;
  switch (content.type) {
    case 'text':
      return content.text.replace(/\s+/g, ' ');
    case 'image':
    case 'video':
    case 'audio':
    case 'file':
      return content.text || words[content.type];
    case 'location':
      return content.text || words.place;
    case 'system':
      return text.system.other;
    default:
      return words.unsupported;
  }
}
