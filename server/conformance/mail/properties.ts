import assert from 'node:assert/strict';
import type { Mail, Mailer } from '../../src/ports/mail.ts';

/** What an adapter gives the suite. */
export interface MailSubject {
  readonly mailer: Mailer;
  /** What has been stored so far, oldest first, read past the mailer: as whoever comes after a crash would. */
  stored(): Promise<readonly Mail[]>;
  /** From now on the place where mails are stored cannot be written to. */
  breakStorage(): Promise<void>;
}

/** One property of ports/mail. `check` throws when the adapter lacks it. */
export interface MailProperty {
  readonly name: string;
  check(subject: MailSubject): Promise<void>;
}

const mail: Mail = { to: 'ada@example.org', subject: 'Hello', text: 'One line.\n' };
const plain = (mails: readonly Mail[]) => mails.map(({ to, subject, text }) => ({ to, subject, text }));

export const mailProperties: readonly MailProperty[] = [
  {
    name: 'has stored the mail when send resolves',
    async check({ mailer, stored }) {
      await mailer.send(mail);
      assert.deepEqual(plain(await stored()), [mail]);
    },
  },
  {
    name: 'keeps every character of a mail',
    async check({ mailer, stored }) {
      const odd: Mail = {
        to: 'jörg@exämple.org',
        subject: 'Grüße: 你好 = ?utf-8?',
        text: `.\nFrom nobody\n\nSubject: not a header\n${'long '.repeat(400)}\n  näher\tden Wolken 👍\n`,
      };
      await mailer.send(odd);
      assert.deepEqual(plain(await stored()), [odd]);
    },
  },
  {
    name: 'keeps mails sent at once, and their order when sent one after the other',
    async check({ mailer, stored }) {
      const many = Array.from({ length: 50 }, (_, i) => ({ ...mail, subject: `together ${i}` }));
      await Promise.all(many.map((each) => mailer.send(each)));
      assert.deepEqual(
        new Set((await stored()).map((each) => each.subject)),
        new Set(many.map((each) => each.subject)),
      );
      for (let i = 0; i < 20; i++) await mailer.send({ ...mail, subject: `later ${i}` });
      const later = (await stored()).map((each) => each.subject).filter((subject) => subject.startsWith('later'));
      assert.deepEqual(
        later,
        Array.from({ length: 20 }, (_, i) => `later ${i}`),
      );
    },
  },
  {
    name: 'refuses a line break in a header and stores nothing',
    async check({ mailer, stored }) {
      for (const end of ['\n', '\r', '\r\n', '\u2028', '\0']) {
        const addition = `${end}Bcc: everybody@example.org`;
        await assert.rejects(mailer.send({ ...mail, to: mail.to + addition }), { code: 'request.invalid' });
        await assert.rejects(mailer.send({ ...mail, subject: mail.subject + addition }), { code: 'request.invalid' });
      }
      assert.deepEqual(await stored(), []);
    },
  },
  {
    name: 'rejects when the mail cannot be stored',
    async check({ mailer, breakStorage }) {
      await mailer.send(mail);
      await breakStorage();
      await assert.rejects(mailer.send(mail));
    },
  },
];
