import type { Member } from '@parley/client';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMentions, splitText } from './mentions.ts';

const names = new Set(['ann', 'bob.b', 'cy-d']);
const member = (username: string) => ({ user: { id: `id of ${username}`, username } }) as Member;

describe('splitText', () => {
  it('finds mentions of members and links, and nothing else', () => {
    expect(splitText('Hi @Ann, see https://a.example/x?y=1. And @nobody', names)).toEqual([
      { text: 'Hi ', kind: 'plain' },
      { text: '@Ann', kind: 'mention' },
      { text: ', see ', kind: 'plain' },
      { text: 'https://a.example/x?y=1', kind: 'link' },
      { text: '. And @nobody', kind: 'plain' },
    ]);
  });

  it('takes the full stop of a sentence for no part of a name, unless it is', () => {
    expect(splitText('ask @bob.b.', names)[1]).toEqual({ text: '@bob.b', kind: 'mention' });
    expect(splitText('ask @ann.', names)[1]).toEqual({ text: '@ann', kind: 'mention' });
  });

  it.each([
    ['_@ann_', '@ann'],
    ['.@ann', '@ann'],
    ['done.@ann', '@ann'],
    ['@ann_', '@ann'],
    ['**@ann**', '@ann'],
    ['(@bob.b)', '@bob.b'],
    ['@bob.b.-_', '@bob.b'],
  ])('finds the name in %s, whatever stands around it', (text, mention) => {
    expect(
      splitText(text, names)
        .filter(({ kind }) => kind === 'mention')
        .map((part) => part.text),
    ).toEqual([mention]);
  });

  it('prefers the longest name there is', () => {
    const both = new Set(['bob', 'bob.']);
    expect(splitText('@bob.', both)[0]?.text).toBe('@bob.');
    expect(splitText('@bobby', both)[0]?.kind).toBe('plain');
  });

  it.each([
    ['https://en.wikipedia.org/wiki/Foo_(bar)', 'https://en.wikipedia.org/wiki/Foo_(bar)'],
    ['(see https://a.example/x).', 'https://a.example/x'],
    ['请看https://example.com/路径，谢谢', 'https://example.com/路径'],
    ['HTTPS://EXAMPLE.COM/UP', 'HTTPS://EXAMPLE.COM/UP'],
    ['http://localhost:4000/x?y=1&z=2#f!', 'http://localhost:4000/x?y=1&z=2#f'],
    ['xhttps://a.example/', undefined],
    ['https://', undefined],
  ])('finds the link in %s', (text, link) => {
    expect(splitText(text, names).find(({ kind }) => kind === 'link')?.text).toBe(link);
  });

  it('takes an e-mail address for no mention', () => {
    expect(splitText('me@ann', names)).toEqual([{ text: 'me@ann', kind: 'plain' }]);
  });

  it('never loses or adds a character', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('@ann', '@bob.b.', 'https://x.y/z', ' ', '@', 'http://', '\n'));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const whole = pieces.join('');
        expect(
          splitText(whole, names)
            .map(({ text }) => text)
            .join(''),
        ).toBe(whole);
      }),
    );
  });

  it('makes a link of nothing but http and https', () => {
    fc.assert(
      fc.property(fc.webUrl(), (url) => {
        for (const part of splitText(`javascript:alert(1) ${url}`, names)) {
          if (part.kind === 'link') expect(part.text).toMatch(/^https?:\/\//i);
        }
      }),
    );
  });
});

describe('findMentions', () => {
  it('names each member once', () => {
    expect(findMentions('@ann @Ann @cy-d @zoe', [member('ann'), member('cy-d')])).toEqual(['id of ann', 'id of cy-d']);
  });
});
