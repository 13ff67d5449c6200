import {
  type ClipboardEvent,
  type FormEvent,
  type KeyboardEvent,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { client } from '../client.ts';
import { IconButton } from '../components/button.tsx';
import { ErrorNote } from '../components/notice.tsx';
import type { ConversationEntity } from '../store/entities/conversations.ts';
import { isOver, selectMe, selectMembers, titleOf } from '../store/selectors.ts';
import { useAppDispatch, useAppSelector } from '../store/store.ts';
import { composerChanged, composerCleared, emptyComposer } from '../store/views/composers.ts';
import { text } from '../text.ts';
import { ComposerNote } from './composer-note.tsx';
import { errorText, saveEdit, sendText, sendUpload } from './send-message.ts';
import { useUpload } from './use-upload.ts';

const words = text.composer;

/** What a text may hold (docs/protocol/rest.md), in the server's unit. */
const textBytes = 16 * 1024;
const encoder = new TextEncoder();
const bytesOf = (value: string): number => (value.length * 3 <= textBytes ? 0 : encoder.encode(value.trim()).length);

/** Enter sends, Shift+Enter begins a line, Esc gives up a reply or an edit, ArrowUp in an empty field edits the last own message. */
export function Composer({ entity }: { entity: ConversationEntity }) {
  const { summary, log } = entity;
  const dispatch = useAppDispatch();
  const me = useAppSelector(selectMe);
  const members = useAppSelector((state) => selectMembers(state, summary.id));
  const view = useAppSelector((state) => state.views.composers[summary.id]) ?? emptyComposer;
  const [error, setError] = useState<string | null>(null);
  const conversation = summary.id;
  const upload = useUpload(conversation, setError);
  const excess = bytesOf(view.text) - textBytes;
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);

  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${Math.min(area.scrollHeight, 200)}px`;
  }, [view.text]);

  useEffect(() => {
    // On a touch screen the keyboard would cover what one came to read.
    if (view.replyTo || view.editing || matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, [view.replyTo, view.editing]);

  const ready = (view.text.trim() !== '' || view.file !== null) && excess <= 0 && view.uploading === null;

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    if (!ready) return;
    setError(null);
    const value = view.text.trim();
    const target = { conversation, replyTo: view.replyTo, members };
    try {
      if (view.editing !== null) {
        if (value) await saveEdit(target, view.editing, value);
      } else if (view.file) {
        sendUpload(target, view.file, value);
      } else if (value) sendText(target, value);
      else return;
      client.setTyping(conversation, false);
      dispatch(composerCleared(conversation));
    } catch (thrown) {
      setError(errorText(thrown));
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void submit();
    } else if (event.key === 'Escape' && (view.editing !== null || view.replyTo !== null)) {
      dispatch(
        view.editing !== null ? composerCleared(conversation) : composerChanged({ conversation, replyTo: null }),
      );
    } else if (event.key === 'ArrowUp' && view.text === '' && view.editing === null) {
      const last = log.messages.findLast(({ sender, content }) => sender.id === me && content?.type === 'text');
      if (last?.content?.type !== 'text') return;
      event.preventDefault();
      dispatch(composerChanged({ conversation, editing: last.seq, replyTo: null, text: last.content.text }));
    }
  }

  function onPaste(event: ClipboardEvent) {
    const file = event.clipboardData.files[0];
    if (!file) return;
    event.preventDefault();
    void upload.start(file);
  }

  if (summary.role === 'reader' || isOver(summary)) {
    return (
      <p className="border-line border-t bg-panel p-4 text-center text-muted">
        {isOver(summary) ? words.accountDeleted : words.readOnly}
      </p>
    );
  }
  return (
    <form
      onSubmit={submit}
      className="shrink-0 border-line border-t bg-panel px-2 pt-2 pb-[max(0.5rem,env(safe-area-inset-bottom))] md:px-4"
    >
      <ErrorNote message={excess > 0 ? words.tooLong(excess) : error} />
      <ComposerNote entity={entity} view={view} upload={upload} />
      <div className="flex items-end gap-1">
        <IconButton
          icon="clip"
          label={words.attach}
          disabled={view.editing !== null || view.uploading !== null}
          onClick={() => picker.current?.click()}
        />
        <input
          ref={picker}
          type="file"
          className="sr-only"
          tabIndex={-1}
          aria-hidden="true"
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = '';
            if (file) void upload.start(file);
          }}
        />
        <textarea
          ref={field}
          rows={1}
          value={view.text}
          dir="auto"
          placeholder={words.placeholder}
          aria-label={words.label(titleOf(summary))}
          onChange={(event) => {
            dispatch(composerChanged({ conversation, text: event.target.value }));
            client.setTyping(conversation, event.target.value !== '');
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onBlur={() => client.setTyping(conversation, false)}
          className="max-h-50 min-h-10 flex-1 resize-none rounded-2xl border border-line bg-surface px-4 py-2 leading-normal outline-none placeholder:text-muted focus:border-accent"
        />
        <IconButton
          icon={view.editing === null ? 'send' : 'check'}
          label={view.editing === null ? words.send : words.save}
          type="submit"
          disabled={!ready}
          className={ready ? 'bg-accent! text-accent-ink!' : ''}
        />
      </div>
    </form>
  );
}
