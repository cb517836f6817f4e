import type { ChatStrings } from './chat-en.ts';

export const chatZh: ChatStrings = {
  slackTest: '这是一条测试消息：Docent 可以在这里给您发消息。请问它一个问题。',
  searching: '正在查找文档…',
  reading: '正在阅读找到的内容…',
  writing: '正在撰写回答…',
};
