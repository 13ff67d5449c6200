import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, test } from 'vitest';
import { createFileMailer } from '../../src/adapters/mail/files/create-file-mailer.ts';
import { listMails } from '../../src/adapters/mail/files/list-mails.ts';
import { describeFaults } from '../describe-faults.ts';
import { alsoBroken, type MailFault, mailFaults } from './break-mailer.ts';
import { type MailSubject, mailProperties } from './properties.ts';

const folders: string[] = [];

async function createFilesSubject(): Promise<MailSubject> {
  const parent = await mkdtemp(path.join(tmpdir(), 'parley-mail-'));
  folders.push(parent);
  const folder = path.join(parent, 'mail');
  return {
    mailer: createFileMailer({ folder }),
    stored: async () => (await listMails(folder, 1_000)).toReversed(),
    // Permissions do not stop root; a file where the folder should be stops everybody.
    async breakStorage() {
      await rm(folder, { recursive: true });
      await writeFile(folder, '');
    },
  };
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

describe('mail as files', () => {
  for (const property of mailProperties) {
    test(property.name, async () => property.check(await createFilesSubject()));
  }
});

/** Fault → words of the property that must notice it. */
const noticedBy: Record<MailFault, string> = {
  'send resolves early': 'has stored the mail',
  'characters are lost': 'every character',
  'only one of several is kept': 'sent at once',
  'headers can be injected': 'line break in a header',
  'a failure is swallowed': 'cannot be stored',
};

describeFaults({
  properties: mailProperties,
  noticedBy,
  alsoBroken,
  create: createFilesSubject,
  break: (sound, fault) => ({ ...sound, mailer: mailFaults[fault](sound.mailer) }),
});
