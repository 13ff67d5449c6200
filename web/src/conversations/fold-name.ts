/** What names are compared by in the list's filter: without case, accents, width and characters that are not drawn. */
export function foldName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(notCompared, '')
    .toUpperCase() // ß is SS
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replaceAll('ł', 'l')
    .replaceAll('ø', 'o')
    .normalize('NFC');
}

/** What is not drawn and the Arabic letter that only lengthens; the marks of Latin, Greek and Cyrillic; the vowel points of Hebrew and Arabic. */
const notCompared =
  /[\p{Default_Ignorable_Code_Point}\u0640]|[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c7\u064b-\u065f\u0670]/gu;
