import { fail } from '../../kernel/errors.ts';
import { checkText } from '../../model/content.ts';
import { conversationLimits } from '../../model/conversation.ts';

/** `request.invalid`: a name is 1–200 characters without controls. */
export function checkName(name: string): void {
  if (name.trim() === '' || [...name].length > conversationLimits.name || /\p{Cc}/u.test(name)) {
    throw fail('request.invalid', `name must be 1 to ${conversationLimits.name} characters on one line.`);
  }
  checkText(name);
}

export function checkTopic(topic: string): void {
  if ([...topic].length > conversationLimits.topic) {
    throw fail('request.invalid', `topic may have ${conversationLimits.topic} characters at the most.`);
  }
  checkText(topic);
}
