import { fail } from '../../kernel/errors.ts';
import { checkText } from '../../model/content.ts';
import { conversationLimits } from '../../model/conversation.ts';

export function checkTopic(topic: string): void {
  if ([...topic].length > conversationLimits.topic) {
    throw fail('request.invalid', `topic may have ${conversationLimits.topic} characters at the most.`);
  }
  checkText(topic);
}
