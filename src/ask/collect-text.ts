import type { ChatEvent } from '../models/language-model.ts';

/** The whole text of a chat. Throws as the model does. */
export async function collectText(events: AsyncIterable<ChatEvent>): Promise<string> {
  let text = '';
  for await (const event of events) if (event.type === 'text') text += event.text;
  return text;
}
