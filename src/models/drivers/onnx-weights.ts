/**
 * A model file as the runtime takes it with the least memory: its large tensors not inside the graph, which the runtime
 * would hold three times while it reads it, but beside it, as places in the same file ("external data" of the ONNX format)
 * that are read one after the other, when the runtime copies them into its own memory.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import protobuf from 'protobufjs/minimal.js';

/** Field numbers of onnx.proto (ONNX 1.17). */
const MODEL = { graph: 7 };
const GRAPH = { initializer: 5 };
const TENSOR = { rawData: 9, externalData: 13, dataLocation: 14 };
const ENTRY = { key: 1, value: 2 };
const EXTERNAL = 1;
const BYTES = 2;
/** Smaller tensors stay in the graph. */
const LARGE = 4096;
/** A field's key and length, or its number, are no longer. */
const HEAD = 20;

interface Field {
  number: number;
  wire: number;
  /** Of the whole field, and of its content where that is bytes, from the start of the file. */
  start: number;
  end: number;
  content: number;
}

/** A file that is read in parts. As an array of bytes it has no content of its own: `subarray` reads it from the disk. */
export class FileBytes extends Uint8Array {
  readonly #file: number;
  readonly #size: number;

  constructor(path: string) {
    super(0);
    this.#file = openSync(path, 'r');
    this.#size = fstatSync(this.#file).size;
  }

  override get length(): number {
    return this.#size;
  }

  override get byteLength(): number {
    return this.#size;
  }

  override subarray(start: number, end: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(end - start);
    if (readSync(this.#file, bytes, 0, bytes.length, start) < bytes.length) throw cutShort();
    return bytes;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/**
 * @param file a model.onnx; of its large tensors nothing is read
 * @param name under which the runtime finds the file's bytes
 * @returns the graph without its large tensors, which it now looks for in `name`
 * @throws when the bytes are no protobuf message
 */
export function withoutWeights(file: Uint8Array, name: string): Uint8Array {
  return rewrite(file, 0, file.length, (field) => (field.number === MODEL.graph ? graph(field) : undefined));

  function graph({ content, end }: Field): Uint8Array {
    return rewrite(file, content, end, (field) => (field.number === GRAPH.initializer ? tensor(field) : undefined));
  }

  function tensor({ content, end }: Field): Uint8Array | undefined {
    const fields = [...fieldsOf(file, content, end)];
    const raw = fields.find((field) => field.number === TENSOR.rawData);
    if (!raw || raw.end - raw.content < LARGE) return undefined;
    const outside = protobuf.Writer.create();
    for (const [key, value] of [
      ['location', name],
      ['offset', String(raw.content)],
      ['length', String(raw.end - raw.content)],
    ] as const) {
      const entry = protobuf.Writer.create().uint32(tag(ENTRY.key, BYTES)).string(key).uint32(tag(ENTRY.value, BYTES)).string(value);
      outside.uint32(tag(TENSOR.externalData, BYTES)).bytes(entry.finish());
    }
    outside.uint32(tag(TENSOR.dataLocation, 0)).int32(EXTERNAL);
    return Buffer.concat([...fields.filter((field) => field !== raw).map(({ start, end }) => file.subarray(start, end)), outside.finish()]);
  }
}

/** A message with some of its fields replaced; `change` says by what, undefined keeps one as it is. */
function rewrite(file: Uint8Array, from: number, to: number, change: (field: Field) => Uint8Array | undefined): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of fieldsOf(file, from, to)) {
    const changed = field.wire === BYTES ? change(field) : undefined;
    if (changed) parts.push(protobuf.Writer.create().uint32(tag(field.number, BYTES)).uint32(changed.length).finish(), changed);
    else parts.push(file.subarray(field.start, field.end));
  }
  return Buffer.concat(parts);
}

function* fieldsOf(file: Uint8Array, from: number, to: number): Generator<Field> {
  for (let start = from; start < to;) {
    const reader = protobuf.Reader.create(file.subarray(start, Math.min(to, start + HEAD)));
    const key = reader.uint32();
    const [number, wire] = [key >>> 3, key & 7];
    let content = start + reader.pos;
    if (wire === BYTES) {
      const length = reader.uint32();
      content = start + reader.pos;
      reader.pos += length;
    } else reader.skipType(wire);
    const end = start + reader.pos;
    if (end > to) throw cutShort();
    yield { number, wire, start, content, end };
    start = end;
  }
}

const cutShort = (): Error => new Error('the model file is cut short or broken');

const tag = (number: number, wire: number): number => ((number << 3) | wire) >>> 0;
