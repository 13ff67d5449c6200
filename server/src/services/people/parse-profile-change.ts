import { fail } from '../../kernel/errors.ts';
import { parseJson } from '../../kernel/parse-json.ts';
import { accountLimits } from '../../model/account.ts';
import { checkAvatar } from '../../model/avatar.ts';
import { checkJson, checkText } from '../../model/content.ts';
import { cleanName } from '../../model/text/names.ts';
import type { PeopleApi } from './api.ts';

type ProfileChange = Parameters<PeopleApi['updateOwn']>[1];

const settingsBytes = 16 * 1_024;

/** `request.invalid` with what to do about it. */
export function parseProfileChange(change: ProfileChange): ProfileChange {
  if (typeof change.avatar === 'string') checkAvatar(change.avatar);
  return {
    name: change.name === undefined ? undefined : cleanName(change.name, accountLimits.name),
    about: typeof change.about === 'string' ? parseAbout(change.about) : change.about,
    avatar: change.avatar,
    settings: change.settings === undefined ? undefined : parseSettings(change.settings),
  };
}

function parseAbout(text: string): string {
  checkText(text);
  if ([...text].length > accountLimits.about) {
    throw fail('request.invalid', `"About" holds ${accountLimits.about} characters at the most.`);
  }
  return text;
}

function parseSettings(text: string): string {
  checkText(text);
  if (Buffer.byteLength(text) > settingsBytes) {
    throw fail('request.too_large', `Settings hold ${settingsBytes} bytes at the most.`);
  }
  const value = parseJson(text);
  checkJson(value, 'settings');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fail('request.invalid', 'Settings must be a JSON object.');
  }
  return text;
}
