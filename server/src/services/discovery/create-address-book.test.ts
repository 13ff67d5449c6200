import { expect, test } from 'vitest';
import { createAddressBook } from './create-address-book.ts';

const at = (id: string, address: string) => ({ id, service: 'realtime', address });

test('finds an instance also when it is not listed any more', () => {
  const book = createAddressBook();
  book.note([at('a', 'host:1'), at('b', 'host:2')]);
  book.note([at('a', 'host:1')]);
  book.note([]);
  expect(['a', 'b', 'c'].map(book.find)).toEqual(['host:1', 'host:2', undefined]);
});

test('forgets one whose address another has taken, and follows one that moved', () => {
  const book = createAddressBook();
  book.note([at('a', 'host:1'), at('b', 'host:2')]);
  book.note([at('b', 'host:3'), at('c', 'host:1')]);
  expect(['a', 'b', 'c'].map(book.find)).toEqual([undefined, 'host:3', 'host:1']);
});

test('does not grow without bound', () => {
  const book = createAddressBook();
  const living = at('living', 'host:0');
  for (let i = 1; i <= 1_500; i++) book.note([living, at(`${i}`, `host:${i}`)]);
  expect([book.find('1'), book.find('1500'), book.find('living')]).toEqual([undefined, 'host:1500', 'host:0']);
});
