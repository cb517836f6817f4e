/**
 * A model file as the runtime takes it with the least memory: its large tensors not inside the graph, which the runtime
 * would hold three times while it reads it, but beside it, as places in the same file ("external data" of the ONNX format).
 */
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

interface Field {
  number: number;
  wire: number;
  /** Of the whole field, and of its content where that is bytes, from the start of the file. */
  start: number;
  end: number;
  content: number;
}

/**
 * @param file a whole model.onnx
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
  const reader = protobuf.Reader.create(file);
  reader.pos = from;
  while (reader.pos < to) {
    const start = reader.pos;
    const key = reader.uint32();
    const [number, wire] = [key >>> 3, key & 7];
    let content = reader.pos;
    if (wire === BYTES) {
      const length = reader.uint32();
      content = reader.pos;
      reader.pos += length;
    } else reader.skipType(wire);
    if (reader.pos > to) throw new Error('the model file is cut short or broken');
    yield { number, wire, start, content, end: reader.pos };
  }
}

const tag = (number: number, wire: number): number => ((number << 3) | wire) >>> 0;
