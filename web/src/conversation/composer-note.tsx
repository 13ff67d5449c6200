import { IconButton } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';
import { describeContent } from '../conversations/describe-content.ts';
import type { ConversationEntity } from '../store/entities/conversations.ts';
import { nameOf } from '../store/selectors.ts';
import { useAppDispatch } from '../store/store.ts';
import { type ComposerView, composerChanged, composerCleared } from '../store/views/composers.ts';
import { text } from '../text.ts';
import type { Upload } from './use-upload.ts';

interface ComposerNoteProps {
  entity: ConversationEntity;
  view: ComposerView;
  upload: Upload;
}

/** Above the field: what is answered, edited or attached, each with a way out. */
export function ComposerNote({ entity, view, upload }: ComposerNoteProps) {
  const dispatch = useAppDispatch();
  const conversation = entity.summary.id;
  const replied = entity.log.messages.find(({ seq }) => seq === view.replyTo);
  return (
    <>
      {view.editing !== null && (
        <Note label={text.conversation.editing} onClose={() => dispatch(composerCleared(conversation))} />
      )}
      {view.replyTo !== null && (
        <Note
          label={text.conversation.replyTo(nameOf(replied?.sender))}
          detail={replied ? describeContent(replied.content) : text.conversation.repliedMissing}
          onClose={() => dispatch(composerChanged({ conversation, replyTo: null }))}
        />
      )}
      {view.uploading && <Note label={text.composer.uploading(view.uploading)} onClose={upload.clear} />}
      {view.file && (
        <Note
          label={view.file.name}
          preview={view.file.mediaType.startsWith('image/') ? view.file.url : null}
          closeLabel={text.composer.removeFile(view.file.name)}
          onClose={upload.clear}
        />
      )}
    </>
  );
}

interface NoteProps {
  label: string;
  detail?: string;
  preview?: string | null;
  closeLabel?: string;
  onClose(): void;
}

function Note({ label, detail, preview, closeLabel = text.conversation.cancel, onClose }: NoteProps) {
  return (
    <div className="mb-2 flex items-center gap-3 rounded-xl bg-surface py-1 pr-1 pl-3">
      {preview && <img src={preview} alt="" className="size-12 rounded-lg object-cover" />}
      {preview === null && <Icon name="file" />}
      <span className="min-w-0 flex-1 text-sm">
        <span dir="auto" className="block truncate font-medium text-accent">
          {label}
        </span>
        {detail && (
          <span dir="auto" className="block truncate text-muted">
            {detail}
          </span>
        )}
      </span>
      <IconButton icon="close" label={closeLabel} onClick={onClose} />
    </div>
  );
}
