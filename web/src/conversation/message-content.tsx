import type { Content } from '@parley/client';
import { Icon } from '../components/icon.tsx';
import { text } from '../text.ts';
import { useListContext } from './list-context.ts';
import { splitText } from './mentions.ts';

const words = text.conversation;

/** What a message says. Media have a box of fixed height: the list must not jump when they arrive. */
export function MessageContent({ content }: { content: Content | null }) {
  if (content === null) return <p className="text-muted italic">{words.deleted}</p>;
  switch (content.type) {
    case 'text':
      return <RichText value={content.text} />;
    case 'image':
    case 'video':
    case 'audio':
    case 'file':
      return (
        <>
          <Media type={content.type} attachment={content.attachment} name={content.text} />
          {content.text && content.type !== 'file' && <RichText value={content.text} />}
        </>
      );
    case 'location':
      return (
        <a
          href={`https://www.openstreetmap.org/?mlat=${content.latitude}&mlon=${content.longitude}`}
          target="_blank"
          rel="noreferrer"
          className="text-accent underline"
        >
          {content.text || `${content.latitude}, ${content.longitude}`}
        </a>
      );
    default:
      return <p className="text-muted italic">{words.unsupported}</p>;
  }
}

function RichText({ value }: { value: string }) {
  const { usernames } = useListContext();
  let at = 0;
  return (
    <p dir="auto" className="whitespace-pre-wrap break-words [overflow-wrap:anywhere]">
      {splitText(value, usernames).map((part) => {
        const key = at;
        at += part.text.length;
        if (part.kind === 'mention') {
          return (
            <strong key={key} className="rounded bg-accent-soft px-0.5 font-medium text-accent">
              {part.text}
            </strong>
          );
        }
        if (part.kind === 'link') {
          return (
            <a key={key} href={part.text} target="_blank" rel="noreferrer" className="text-accent underline">
              {part.text}
            </a>
          );
        }
        return part.text;
      })}
    </p>
  );
}

interface MediaProps {
  type: 'image' | 'video' | 'audio' | 'file';
  attachment: string;
  name: string | undefined;
}

function Media({ type, attachment, name }: MediaProps) {
  const url = `/api/v1/attachments/${attachment}`;
  if (type === 'image') {
    return (
      <a href={url} target="_blank" rel="noreferrer" className="my-1 block">
        <img src={url} alt={name || words.image} className="h-56 w-72 max-w-full rounded-xl bg-hover object-cover" />
      </a>
    );
  }
  if (type === 'video') {
    // biome-ignore lint/a11y/useMediaCaption: people's own recordings have no captions
    return <video src={url} controls preload="metadata" className="my-1 h-56 w-72 max-w-full rounded-xl bg-hover" />;
  }
  if (type === 'audio') {
    // biome-ignore lint/a11y/useMediaCaption: people's own recordings have no captions
    return <audio src={url} controls preload="metadata" className="my-1 h-12 w-72 max-w-full" />;
  }
  return (
    <a
      href={url}
      download={name ?? true}
      className="my-1 flex items-center gap-2 rounded-xl bg-hover px-3 py-2 text-accent"
    >
      <Icon name="file" />
      <span className="min-w-0 truncate">{name || words.file}</span>
    </a>
  );
}
