import type { Attachment } from '@parley/client';
import { useEffect, useRef, useState } from 'react';
import { client } from '../client.ts';
import { errorText } from './send-message.ts';

/** The file to be sent with the next message. */
export interface Upload {
  /** Name of the file that is being uploaded. */
  readonly busy: string | null;
  /** Uploaded, ready to be sent. */
  readonly file: Attachment | null;
  /** Address of a picture to show; null: none. */
  readonly preview: string | null;
  start(file: File): Promise<void>;
  clear(): void;
}

export function useUpload(onError: (message: string) => void): Upload {
  const [busy, setBusy] = useState<string | null>(null);
  const [file, setFile] = useState<Attachment | null>(null);
  const [preview, setPreview] = useState<string | null>(null);
  const abort = useRef<AbortController | null>(null);

  useEffect(() => () => abort.current?.abort(), []);
  useEffect(() => () => (preview ? URL.revokeObjectURL(preview) : undefined), [preview]);

  function clear() {
    abort.current?.abort();
    abort.current = null;
    setBusy(null);
    setFile(null);
    setPreview(null);
  }

  async function start(chosen: File) {
    clear();
    const mine = new AbortController();
    abort.current = mine;
    setBusy(chosen.name);
    try {
      const stored = await client.api.uploadAttachment(chosen, chosen.name, mine.signal);
      if (abort.current !== mine) return;
      setFile(stored);
      setPreview(stored.mediaType.startsWith('image/') ? URL.createObjectURL(chosen) : null);
    } catch (error) {
      if (abort.current === mine) onError(errorText(error));
    } finally {
      if (abort.current === mine) setBusy(null);
    }
  }

  return { busy, file, preview, start, clear };
}
