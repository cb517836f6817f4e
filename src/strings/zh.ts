import type { AnswerStrings } from './en.ts';

export const zh: AnswerStrings = {
  notFound: '文档中没有找到相关内容。',
  notFoundSearched: '已搜索全部 {documents} 篇文档。',
  nothingToSearch: '目前还没有文档。管理员可以在控制台添加知识源。',
  closest: '最接近的页面（未必能回答）：',
  emptyQuestion: '请用您自己的话，就文档内容提问。',
  greeting: '您好！凡是文档里可能写到的，都可以问我，我会标明出处。',
  thanks: '不客气！',
  farewell: '再见！',
  aboutMe: '我根据已有的文档回答问题，并为每一句话标明出处。',
  nothingToTransform: '这个对话里还没有可以改写的回答。',
  needsModel: '改写回答需要语言模型，目前没有配置。以下是原来的回答。',
  failed: '回答时出现问题。您的问题已保存，请稍后再问一次。',
  searchUnavailable: '搜索索引暂时无法访问，或正在建立，因此我没能查找。问题已记录，请一分钟后再问一次。',
  tooLong: '问题很长，我只读取了前 {characters} 个字符。',
  alsoSearched: '也搜索了“{meant}”：文档里没有“{said}”。',
  degraded_no_model: '未配置语言模型，以下为文档原文。',
  degraded_model_failed: '语言模型没有响应，以下为文档原文。',
  degraded_model_stopped: '语言模型中途停止了。',
  degraded_budget: '本月的语言模型预算已用完，以下为文档原文。',
  degraded_meaning_unavailable: '语义搜索暂不可用，本次仅按词语搜索。',
};
