import { client } from '../client.ts';
import { store, useAppDispatch } from '../store/store.ts';
import { composerChanged } from '../store/views/composers.ts';
import { errorText } from './send-message.ts';

/** The file to be sent with the next message of a conversation; what it is stands in the composer's view. */
export interface Upload {
  start(file: File): Promise<void>;
  clear(): void;
}

/** Of uploads under way, by conversation: they go on while another conversation is shown. */
const running = new Map<string, AbortController>();

export function useUpload(conversation: string, onError: (message: string) => void): Upload {
  const dispatch = useAppDispatch();

  function clear() {
    running.get(conversation)?.abort();
    running.delete(conversation);
    dispatch(composerChanged({ conversation, file: null, uploading: null }));
  }

  async function start(chosen: File) {
    clear();
    const mine = new AbortController();
    running.set(conversation, mine);
    dispatch(composerChanged({ conversation, uploading: chosen.name }));
    try {
      const file = await client.api.uploadAttachment(chosen, chosen.name, mine.signal);
      if (running.get(conversation) === mine) store.dispatch(composerChanged({ conversation, file }));
    } catch (error) {
      if (running.get(conversation) === mine) onError(errorText(error));
    } finally {
      if (running.get(conversation) === mine) {
        running.delete(conversation);
        store.dispatch(composerChanged({ conversation, uploading: null }));
      }
    }
  }

  return { start, clear };
}
