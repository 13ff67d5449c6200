import path from 'node:path';
import { listMails } from '../../adapters/mail/files/list-mails.ts';
import type { Options } from '../options.ts';

/** `parley mail`: the newest twenty, or one of them whole. */
export async function runMail(options: Options, number: string | undefined): Promise<void> {
  const mails = await listMails(path.join(options.data, 'mail'));
  if (mails.length === 0) {
    console.log('no mail has been sent');
    return;
  }
  if (number === undefined) {
    for (const [i, mail] of mails.entries())
      console.log(`${String(i + 1).padStart(2)}  ${mail.sentAt}  ${mail.to}  ${mail.subject}`);
    return;
  }
  const mail = mails[Number(number) - 1];
  if (!mail) throw new Error(`there is no mail ${number}: give a number from 1 to ${mails.length}`);
  console.log(`To: ${mail.to}\nSubject: ${mail.subject}\nSent: ${mail.sentAt}\n\n${mail.text}`);
}
