import type { Mail } from '../../../ports/mail.ts';

/** The texts of the mails. The code stands on a line of its own, so that people and tests find it. */
export function verificationMail(to: string, username: string, code: string, minutes: number): Mail {
  return {
    to,
    subject: 'Confirm your e-mail address',
    text: `Hello ${username},

to confirm that this address is yours, enter this code within ${minutes} minutes:

${code}

If you have not signed up, ignore this mail.
`,
  };
}

export function recoveryMail(to: string, username: string, code: string, minutes: number): Mail {
  return {
    to,
    subject: 'Set a new password',
    text: `Hello ${username},

to set a new password, enter this code within ${minutes} minutes:

${code}

If you have not asked for it, ignore this mail: your password stays as it is.
`,
  };
}
