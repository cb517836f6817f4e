import type { ChatStrings } from './chat-en.ts';

export const chatZh: ChatStrings = {
  searching: '正在查找文档…',
  reading: '正在阅读找到的内容…',
  writing: '正在撰写回答…',
};
