import type { Mail, Mailer } from '../../src/ports/mail.ts';

/** Ways a mailer can be wrong, to prove that the suite notices. */
export const mailFaults = {
  'send resolves early': (mailer: Mailer): Mailer => {
    let waiting: Mail | undefined;
    return {
      async send(mail) {
        // what is refused is refused at once: only storing is late
        if (/[\p{Cc}\u2028]/u.test(mail.to + mail.subject)) return mailer.send(mail);
        const before = waiting;
        waiting = mail;
        if (before) await mailer.send(before);
      },
    };
  },
  'characters are lost': (mailer: Mailer): Mailer => ({
    send: (mail) => mailer.send({ ...mail, text: Buffer.from(mail.text, 'latin1').toString('latin1') }),
  }),
  'only one of several is kept': (mailer: Mailer): Mailer => {
    let sending: Promise<void> | undefined;
    return {
      send(mail) {
        sending ??= mailer.send(mail).finally(() => {
          sending = undefined;
        });
        return sending;
      },
    };
  },
  'headers can be injected': (mailer: Mailer): Mailer => ({
    send: (mail) =>
      mailer.send({ ...mail, to: mail.to.split(/[^\P{Cc}]|[\u2028]/u)[0] ?? '', subject: mail.subject.slice(0, 5) }),
  }),
  'a failure is swallowed': (mailer: Mailer): Mailer => ({
    send: (mail) =>
      mailer.send(mail).catch((thrown) => {
        if ((thrown as { code?: string }).code === 'request.invalid') throw thrown;
      }),
  }),
} as const;

export type MailFault = keyof typeof mailFaults;

/** What else may not hold where something is broken: it stands on the same thing, or shows it too. */
export const alsoBroken: Partial<Record<MailFault, readonly string[]>> = {
  'send resolves early': ['keeps every character', 'keeps mails sent', 'rejects when the'],
  'headers can be injected': ['keeps every character', 'keeps mails sent'],
};
