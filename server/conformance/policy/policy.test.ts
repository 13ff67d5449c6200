import { describe, expect, test } from 'vitest';
import { decide, ruleNames } from '../../src/services/chat/deciding/decide.ts';
import { breakPolicy, type PolicyFault, policyFaults } from './break-policy.ts';
import { type PolicySubject, policyProperties } from './properties.ts';

const builtIn: PolicySubject = { decide, rules: ruleNames };

describe('the built-in policy', () => {
  for (const property of policyProperties) {
    test(property.name, () => property.check(builtIn));
  }
});

/** Fault → words of the property that must notice it. */
const noticedBy: Record<PolicyFault, string> = {
  'a rule without a name': 'names a known rule',
  'a code of its own': 'names a known rule',
  'answers that change': 'the same question',
  'facts that are written': 'left as it was',
  'admins may do less than members': 'a higher role',
  'a block stops sends only': 'a blocked direct conversation',
  'outsiders delete what is their own': 'of a private conversation may do nothing',
  'outsiders hear that it is direct': 'is told nothing about it',
  'everybody may react in public': 'of a public conversation',
  'one joins as admin': 'the role of newcomers',
  'the removed come back': 'the role of newcomers',
  'the blocked add': 'who has blocked them',
  'nobody joins': 'the role of newcomers',
  'admins make owners': 'only owners make owners',
  'members add others': 'below admins',
  'admins remove owners': 'of higher role',
  'the last owner steps down': 'the last owner',
  'the named sender is believed': 'in the name of another',
  'readers type': 'readers send nothing',
  'admins edit for others': 'is edited by its sender',
  'tombstones are pinned': 'not there',
  'admins delete the conversation': 'owners delete it',
  'direct ones are left': 'keeps its members',
  'owners cannot change settings': 'an owner of a group',
  'readers cannot react': 'members take part',
  'nobody pins in a direct one': 'the two of a direct',
};

describe('the suite notices', () => {
  for (const fault of Object.keys(policyFaults) as PolicyFault[]) {
    test(fault, () => {
      const property = policyProperties.find((p) => p.name.includes(noticedBy[fault]));
      if (!property) throw new Error(`no property is named "${noticedBy[fault]}"`);
      expect(() => property.check({ ...builtIn, decide: breakPolicy(decide, fault) })).toThrow();
    });
  }

  test('and has no property without a fault that it must notice', () => {
    const unnoticed = policyProperties.filter(
      ({ name }) => !Object.values(noticedBy).some((words) => name.includes(words)),
    );
    expect(unnoticed.map(({ name }) => name)).toEqual([]);
  });
});
