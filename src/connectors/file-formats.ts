/** Which files Docent reads, by name and by content type, and how large they may be. Shared by the drivers; no logic beyond looking up. */
import type { DocumentFormat } from './connector.ts';

const byExtension: Readonly<Record<string, DocumentFormat>> = {
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.mdx': 'markdown',
  '.html': 'html',
  '.htm': 'html',
  '.txt': 'text',
  '.pdf': 'pdf',
  '.docx': 'docx',
  '.docm': 'docx',
  '.pptx': 'pptx',
  '.pptm': 'pptx',
  '.ppsx': 'pptx',
  '.xlsx': 'xlsx',
  '.xlsm': 'xlsx',
  '.csv': 'csv',
  '.tsv': 'csv',
};

const byContentType: Readonly<Record<string, DocumentFormat>> = {
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'text/markdown': 'markdown',
  'text/plain': 'text',
  'application/pdf': 'pdf',
  'application/x-pdf': 'pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-word.document.macroenabled.12': 'docx',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
  'application/vnd.openxmlformats-officedocument.presentationml.slideshow': 'pptx',
  'application/vnd.ms-powerpoint.presentation.macroenabled.12': 'pptx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.ms-excel.sheet.macroenabled.12': 'xlsx',
  'text/csv': 'csv',
  'application/csv': 'csv',
  'text/tab-separated-values': 'csv',
};

/** What a file's name says it is; undefined for what Docent does not read (JSONL is a file of documents, not one). */
export function fileFormatOf(name: string): DocumentFormat | undefined {
  const dot = name.lastIndexOf('.');
  return dot > name.lastIndexOf('/') ? byExtension[name.slice(dot).toLowerCase()] : undefined;
}

/** What a content type (lower case, without parameters) says it is; undefined for what Docent does not read. */
export function contentTypeFormat(type: string): DocumentFormat | undefined {
  return byContentType[type];
}

/** File name endings of everything Docent reads as one document: `.md`, … */
export const fileExtensions: readonly string[] = Object.keys(byExtension);

/** Larger files are refused unread: pages and slides carry pictures, text has no reason to be that long. Bytes. */
export function maxBytesOf(format: DocumentFormat): number {
  return format === 'pdf' || format === 'docx' || format === 'pptx' || format === 'xlsx' ? 50_000_000 : 20_000_000;
}
