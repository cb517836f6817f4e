/** Files that come with a question are read as documents of a source are: the same formats, in the child that parses. */
import { fitFiles } from './ask/files.ts';
import type { ChatApp } from './chat/chat-app.ts';
import type { DocumentFormat } from './connectors/connector.ts';
import { contentTypeFormat, fileFormatOf } from './connectors/file-formats.ts';
import { AppError } from './errors.ts';
import { plainText } from './passage-text.ts';
import type { Extractor } from './sync/extract.ts';

/** Of a file's text; far more than a question takes along. */
const LONGEST_TEXT = 20_000;

/** @param extractor is asked for with the first file: a process that reads none starts no child */
export function createFileReading(extractor: () => Extractor): ChatApp['files'] {
  return {
    fit: fitFiles,
    reads: (file) => formatOf(file) !== undefined,
    async read({ name, type, bytes }, signal) {
      const format = formatOf({ name, type });
      if (!format) throw new AppError({ code: 'document.unsupported', message: 'a file of a format that is not read' });
      const { blocks } = await extractor().extract({ bytes, format, name }, signal);
      let text = '';
      for (const block of blocks) if (text.length < LONGEST_TEXT) text += plainText(block.text.slice(0, LONGEST_TEXT)).text;
      return text
        .replaceAll('\0', ' ')
        .replaceAll(/\n\s*\n/g, '\n')
        .trim()
        .slice(0, LONGEST_TEXT);
    },
  };
}

function formatOf({ name, type }: { name: string; type?: string | undefined }): DocumentFormat | undefined {
  return fileFormatOf(name) ?? contentTypeFormat(type?.split(';')[0]!.trim().toLowerCase() ?? '');
}
