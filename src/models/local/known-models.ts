/** The embedding models that Docent knows by name, and where a hub keeps them. Pure. */

export interface KnownFile {
  /** In the hub's repository. */
  path: string;
  /** In the model's folder. */
  name: 'model.onnx' | 'tokenizer.json';
  /** For progress and free space, until the hub says it. */
  bytes: number;
  /** Lower-case hex. Without it the hub's own sum is checked. */
  sha256?: string;
}

export interface KnownModel {
  /** Of its folder, too. */
  name: string;
  /** SPDX. */
  licence: string;
  /** BCP 47 primary subtags; `*` for every language. */
  languages: string[];
  /** Of a vector. */
  dimension: number;
  /** What stands for a text: the mean over its tokens, or its first token. */
  pooling: 'mean' | 'cls';
  /** What the model wants before a text, as it was trained. */
  prefixes: { query: string; passage: string };
  maxTokens: number;
  /** Longer passages are read in windows of so many tokens, where that finds more (measured); else in windows of `maxTokens`. */
  windowTokens?: number;
  /** `owner/name` on the hub. */
  repository: string;
  /** A commit, so that what is fetched never changes. */
  revision: string;
  files: KnownFile[];
}

/** The languages that XLM-R was trained on, as the model card of intfloat/multilingual-e5-small lists them. */
const ninetyFour =
  'af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is it ja jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt ro ru sa sd si sk sl so sq sr su sv sw ta te th tl tr ug uk ur uz vi xh yi zh';

/**
 * The first is the default. Sums and sizes are those that several independent public lock files and manifests record for
 * these commits; the download checks them.
 */
export const KNOWN_MODELS: readonly KnownModel[] = [
  {
    name: 'multilingual-e5-small',
    licence: 'MIT',
    languages: ninetyFour.split(' '),
    dimension: 384,
    pooling: 'mean',
    prefixes: { query: 'query: ', passage: 'passage: ' },
    maxTokens: 512,
    windowTokens: 128,
    repository: 'Xenova/multilingual-e5-small',
    revision: '761b726dd34fb83930e26aab4e9ac3899aa1fa78',
    files: [
      {
        path: 'onnx/model_quantized.onnx',
        name: 'model.onnx',
        bytes: 118_308_185,
        sha256: 'f80102d3f2a1229f387d3c81909990d8945513e347b0eab049f7de3c6f98c193',
      },
      {
        path: 'tokenizer.json',
        name: 'tokenizer.json',
        bytes: 17_082_730,
        sha256: '0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39',
      },
    ],
  },
  {
    name: 'bge-small-en-v1.5',
    licence: 'MIT',
    languages: ['en'],
    dimension: 384,
    pooling: 'cls',
    prefixes: { query: 'Represent this sentence for searching relevant passages: ', passage: '' },
    maxTokens: 512,
    repository: 'Xenova/bge-small-en-v1.5',
    revision: 'ea104dacec62c0de699686887e3f920caeb4f3e3',
    files: [
      {
        path: 'onnx/model_quantized.onnx',
        name: 'model.onnx',
        bytes: 34_014_426,
        sha256: '6c9c6101a956d62dfb5e7190c538226c0c5bb9cb27b651234b6df063ee7dbfe4',
      },
      {
        path: 'tokenizer.json',
        name: 'tokenizer.json',
        bytes: 711_396,
        sha256: 'd241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66',
      },
    ],
  },
  {
    name: 'all-MiniLM-L6-v2',
    licence: 'Apache-2.0',
    languages: ['en'],
    dimension: 384,
    pooling: 'mean',
    prefixes: { query: '', passage: '' },
    maxTokens: 256,
    repository: 'Xenova/all-MiniLM-L6-v2',
    revision: '751bff37182d3f1213fa05d7196b954e230abad9',
    files: [
      {
        path: 'onnx/model_quantized.onnx',
        name: 'model.onnx',
        bytes: 22_972_370,
        sha256: 'afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1',
      },
      {
        path: 'tokenizer.json',
        name: 'tokenizer.json',
        bytes: 711_661,
        sha256: 'da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0',
      },
    ],
  },
];

export const DEFAULT_MODEL = 'multilingual-e5-small';

/** Of all its files. */
export const bytesOf = (model: KnownModel): number => model.files.reduce((sum, file) => sum + file.bytes, 0);

export function knownModel(name: string): KnownModel | undefined {
  return KNOWN_MODELS.find((model) => model.name === name);
}

/** Whether a model was trained on a language, so that its scores there mean something. */
export function knowsLanguage(model: { languages: readonly string[] }, language: string): boolean {
  return model.languages.includes('*') || model.languages.includes(language.toLowerCase().split('-')[0]!);
}
