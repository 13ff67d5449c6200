export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Guarantee: when `send` resolves, the mail is stored where it survives a crash (a file, a relay's queue). */
export interface Mailer {
  send(mail: Mail): Promise<void>;
}
