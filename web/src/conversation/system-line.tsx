import type { Content } from '@parley/client';
import { findName } from '../store/selectors.ts';
import { text } from '../text.ts';
import { useListContext } from './list-context.ts';

/** What the server says of the conversation itself. */
export function SystemLine({ content }: { content: Extract<Content, { type: 'system' }> }) {
  const { entity, members } = useListContext();
  const who = typeof content.user === 'string' ? findName(entity, members, content.user) : null;
  const say = content.event in text.system ? text.system[content.event as keyof typeof text.system] : text.system.other;
  return (
    <p className="py-1 text-center text-sm text-muted">
      {typeof say === 'string' ? say : who === null ? text.system.other : say(who)}
    </p>
  );
}
