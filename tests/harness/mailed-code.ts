import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from './until.ts';

/** The code in the newest mail to the address, once there is one that is not `known` already. */
export function mailedCode(
  server: { readonly data: string },
  email: string,
  subject: RegExp,
  known?: string,
): Promise<string> {
  return until(`a mail to ${email}`, async () => {
    const folder = path.join(server.data, 'mail');
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml')).sort();
    const mails = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
    const mail = mails.findLast((text) => text.includes(`To: ${email}`) && subject.test(text));
    const code = mail && /^[\w-]{6,}$/m.exec(mail.split('\r\n\r\n').slice(1).join('\n').replaceAll('\r', ''))?.[0];
    return code === known ? null : code;
  });
}
