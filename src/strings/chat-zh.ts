import type { ChatStrings } from './chat-en.ts';

export const chatZh: ChatStrings = {
  slackTest: '这是一条测试消息：Docent 可以在这里给您发消息。请问它一个问题。',
  searching: '正在查找文档…',
  reading: '正在阅读找到的内容…',
  writing: '正在撰写回答…',
  gaveUp: '回答时多次出错。问题已保留，请换一种说法再问一次。',
  editedOffer: '您修改了问题，要重新回答吗？',
  answerAnew: '重新回答',
  askEmpty: '请在命令后写下问题：/ask 我有多少天年假？',
  askingNow: '正在查找文档…',
  limit: '这是一小时内的第 {limit} 个问题，已达到每人的上限。请在 {minutes} 分钟后再问。',
  fileUnreadable: '无法读取',
  fileTooLarge: '超过 {megabytes} MB',
  fileFormat: '的格式不在可读取范围内',
  ticketAsked: '已请人工协助。有人受理后会在这里告知您。',
  ticketTaken: '已有人在处理您的问题。',
  ticketClosed: '负责的同事已将您的问题结束。如果仍未解决，请再次提问。',
};
