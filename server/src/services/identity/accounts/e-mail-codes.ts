import type { AccountRow } from '../../../model/identity-rows.ts';
import type { Parts } from '../parts.ts';
import { createCode } from '../sessions/opaque-tokens.ts';
import { type CodePurpose, writeCode } from './code-store.ts';
import { recoveryMail, verificationMail } from './mails.ts';

/** Nothing happens for an account without an address. */
export function sendVerification(parts: Parts, account: AccountRow): void {
  parts.courier.dispatch(() => sendCode(parts, account, 'verify', verificationMail));
}

export function sendRecovery(parts: Parts, account: AccountRow): void {
  parts.courier.dispatch(() => sendCode(parts, account, 'recover', recoveryMail));
}

async function sendCode(
  parts: Parts,
  { id, email, username }: AccountRow,
  purpose: CodePurpose,
  write: typeof recoveryMail,
): Promise<void> {
  if (email === null) return;
  const minutes = parts.config.codeMinutes;
  const code = createCode();
  await parts.sql.transaction((tx) => writeCode(tx, { hash: code.hash, account: id, purpose, email, minutes }));
  await parts.mailer.send(write(email, username, code.text, minutes));
}
