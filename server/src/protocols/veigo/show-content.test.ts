import { expect, test } from 'vitest';
import { showContent } from './show-content.ts';

test.each([
  [{ type: 'text', text: 'hello' }, 'hello'],
  [{ type: 'image', attachment: 'a', text: 'a cat' }, '[image] a cat'],
  [{ type: 'file', attachment: 'a' }, '[file]'],
  [{ type: 'location', latitude: 1.5, longitude: -2, text: 'here' }, '[location 1.5, -2] here'],
  [{ type: 'form', value: { a: 1 } }, '{"a":1}'],
  [{ type: 'system', event: 'joined' }, '[joined]'],
])('%j reads %s', (content, shown) => expect(showContent(JSON.stringify(content))).toBe(shown));
