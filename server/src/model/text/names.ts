import { fail } from '../../kernel/errors.ts';

/** They turn what stands beside them around: "Eve\u202E(nimda)" would read "Eve(admin)" (Unicode TR 36). */
const bidiControls = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** Take no room and mean nothing in a name. The joiners U+200C and U+200D stay: scripts and emoji need them. */
const nothing = /[\u00ad\u180e\u200b\u2060-\u2064\ufeff]/g;
/** Letters and symbols by their category that draw nothing: fillers of Hangul, the empty Braille pattern. */
const blank = /[\u115f\u1160\u2800\u3164\uffa0]/g;

/** Whether a reader sees anything at all; half a surrogate pair, which others refuse, is seen as a mark of damage. */
export function hasVisible(text: string): boolean {
  return /[!-~]/.test(text) || /[\p{L}\p{N}\p{P}\p{S}\p{Cs}]/u.test(text.replace(blank, ''));
}

/**
 * The name of a person or a conversation as it is kept: NFC, without bidi controls and characters that are nothing, no white space around.
 * `request.invalid` unless it has 1 to `most` characters (code points), one of them visible, and no line breaks or controls.
 */
export function cleanName(text: string, most: number): string {
  const name = tidy(text).trim();
  if (!hasVisible(name) || [...name].length > most || /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) {
    throw fail('request.invalid', `A name has 1 to ${most} characters, one of them visible, and no line breaks.`);
  }
  return name;
}

const fileNameLength = 200;

/** The name of a file, from a form; never fails. What says its kind is the extension: that stays when a long name is cut. */
export function cleanFileName(text: string): string {
  // Forms write a quotation mark as %22, and nothing else that way.
  const name = tidy(text.replaceAll('%22', '"'))
    .replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}/\\]/gu, '')
    .trim();
  if (!hasVisible(name)) return 'file';
  const characters = Array.from(name);
  if (characters.length <= fileNameLength) return name;
  const extension = /(?<=.)\.[^.\s]{1,16}$/su.exec(name)?.[0] ?? '';
  return characters.slice(0, fileNameLength - Array.from(extension).length).join('') + extension;
}

function tidy(text: string): string {
  return text.normalize('NFC').replace(bidiControls, '').replace(nothing, '');
}
