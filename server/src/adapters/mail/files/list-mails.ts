import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Mail } from '../../../ports/mail.ts';
import { parseMail } from './mail-format.ts';

export interface StoredMail extends Mail {
  /** Path of its file. */
  readonly file: string;
  /** ISO 8601, UTC. */
  readonly sentAt: string;
}

/** The newest mails of a file mailer's folder, newest first; none when the folder is missing. */
export async function listMails(folder: string, limit = 20): Promise<readonly StoredMail[]> {
  const names = (await readdirOrNone(folder)).filter((name) => name.endsWith('.eml')).sort();
  const newest = names.slice(-limit).reverse();
  return Promise.all(
    newest.map(async (name) => {
      const file = path.join(folder, name);
      return { file, ...parseMail(await readFile(file, 'utf8')) };
    }),
  );
}

async function readdirOrNone(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw thrown;
  }
}
