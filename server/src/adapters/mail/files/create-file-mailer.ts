import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { createId } from '../../../kernel/ids.ts';
import type { Mail, Mailer } from '../../../ports/mail.ts';
import { formatMail } from './mail-format.ts';

/**
 * Every mail a file under `folder` (made when it is missing, for its owner only: mails hold codes), named so that the newest sorts
 * last. A mail is whole or not there; when `send` resolves it is on disk. `request.invalid`: an address or a subject that would
 * break out of its header.
 */
export function createFileMailer(options: { readonly folder: string }): Mailer {
  const { folder } = options;
  return {
    async send(mail: Mail) {
      const now = new Date();
      const text = formatMail(mail, now);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const name = `${now.toISOString().replaceAll(':', '-')}-${createId()}.eml`;
      const temporary = path.join(folder, `.${randomBytes(8).toString('hex')}.part`);
      try {
        await writeDurably(temporary, text);
        await rename(temporary, path.join(folder, name));
      } catch (thrown) {
        await unlink(temporary).catch(() => {});
        throw thrown;
      }
      await syncFolder(folder);
    },
  };
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A renamed file survives a crash only when its folder is written too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
