/** Graph → ONNX bytes. Only what the outputs depend on is written; the same graph always gives the same bytes. */
import { create, toBinary } from '@bufbuild/protobuf';
import { InvariantError } from '../../../domain/core/index.ts';
import {
  AttributeProto_AttributeType as AttributeType,
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType as TensorType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../onnx/onnx_pb.js';
import { type Attribute, type Graph, type Node, type Value, liveNodes, operandsOf } from './graph.ts';
import type { Shape } from './shape.ts';
import type { Stage } from './stages.ts';
import type { DataType, Tensor } from './tensor.ts';

/** The newest operator set that ONNX Runtime, its web build and older Python releases all read (ONNX 1.15). */
export const OPSET = 20;
const IR_VERSION = 9;
/** Of ONNX's classical machine learning: the first with tree ensembles as we write them. */
const ML_OPSET = 3;

const TENSOR_TYPES: Readonly<Record<DataType, TensorType>> = {
  float32: TensorType.FLOAT,
  int32: TensorType.INT32,
  int64: TensorType.INT64,
  bool: TensorType.BOOL,
};

export interface ModelDescription {
  readonly graph: Graph;
  /** Fed at run time, in this order. Inputs that no output depends on are left out. */
  readonly outputs: Readonly<Record<string, Value>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

export function encodeModel(model: ModelDescription): Uint8Array<ArrayBuffer> {
  return encoded(new Encoder().mainGraph(model.graph, model.outputs), model.metadata);
}

/** One stage of a graph as a model of its own, whose inputs and outputs are called as the values are. */
export function encodeStage(stage: Stage): Uint8Array<ArrayBuffer> {
  return encoded(new Encoder().stage(stage));
}

function encoded(
  graph: GraphProto,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: BigInt(IR_VERSION),
      producerName: 'tidemark',
      opsetImport: [
        { domain: '', version: BigInt(OPSET) },
        ...[...new Set(graph.node.map((node) => node.domain))]
          .filter((domain) => domain !== '')
          .map((domain) => ({ domain, version: BigInt(ML_OPSET) })),
      ],
      graph,
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    }),
  );
}

class Encoder {
  /** Tensors of the outermost graph, by value and (for constants) by content. */
  readonly #initialisers = new Map<string, TensorProto>();
  readonly #constantNames = new Map<string, string>();

  mainGraph(graph: Graph, outputs: Readonly<Record<string, Value>>): GraphProto {
    const results = Object.entries(outputs);
    const nodes = liveNodes(
      graph,
      results.map(([, value]) => value),
    );
    const used = new Set(nodes.flatMap(operandsOf));
    for (const [, value] of results) used.add(value);
    return create(GraphProtoSchema, {
      name: 'main',
      node: [
        ...nodes.map((node) => this.#node(node)),
        ...results.map(([name, value]) => identity(this.#nameOf(value), name)),
      ],
      input: graph.inputs.filter((input) => used.has(input)).map((input) => valueInfo(input.name, input)),
      output: results.map(([name, value]) => valueInfo(name, value)),
      initializer: [...this.#initialisers.values()],
    });
  }

  stage({ nodes, inputs, outputs }: Stage): GraphProto {
    return create(GraphProtoSchema, {
      name: 'stage',
      node: nodes.map((node) => this.#node(node)),
      input: inputs.map((input) => valueInfo(input.name, input)),
      output: outputs.map((output) => valueInfo(output.name, output)),
      initializer: [...this.#initialisers.values()],
    });
  }

  /** A body's output must be the result of one of its own nodes, and no two outputs may be the same. */
  #bodyGraph(body: NonNullable<Extract<Attribute, { body: unknown }>['body']>): GraphProto {
    const nodes = liveNodes(body.graph, body.outputs);
    const computed = new Set(nodes.flatMap((node) => node.outputs));
    const copies = [];
    const names: string[] = [];
    for (const output of body.outputs) {
      if (computed.delete(output)) {
        names.push(output.name);
        continue;
      }
      const name = `${this.#nameOf(output)}_out${names.length}`;
      copies.push(identity(this.#nameOf(output), name));
      names.push(name);
    }
    return create(GraphProtoSchema, {
      name: 'body',
      node: [...nodes.map((node) => this.#node(node)), ...copies],
      input: body.inputs.map((input) => valueInfo(input.name, input)),
      output: body.outputs.map((output, i) => valueInfo(names[i]!, output)),
    });
  }

  #node(node: Node) {
    return create(NodeProtoSchema, {
      name: node.outputs[0]!.name,
      opType: node.operation,
      domain: node.domain ?? '',
      input: node.inputs.map((input) => this.#nameOf(input)),
      output: node.outputs.map((output) => output.name),
      attribute: Object.entries(node.attributes ?? {}).map(([name, value]) => this.#attribute(name, value)),
    });
  }

  #nameOf(value: Value): string {
    if (value.data === undefined) return value.name;
    if (value.graph !== undefined) {
      if (!this.#initialisers.has(value.name)) {
        this.#initialisers.set(value.name, tensorProto(value.name, value.data));
      }
      return value.name;
    }
    const key = `${value.type}[${value.data.shape.join()}]${value.data.data.join()}`;
    let name = this.#constantNames.get(key);
    if (name === undefined) {
      name = `constant_${this.#constantNames.size}`;
      this.#constantNames.set(key, name);
      this.#initialisers.set(name, tensorProto(name, value.data));
    }
    return name;
  }

  #attribute(name: string, value: Attribute): AttributeProto {
    if ('int' in value) {
      return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value.int) });
    }
    if ('float' in value) {
      return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
    }
    if ('ints' in value) {
      return create(AttributeProtoSchema, {
        name,
        type: AttributeType.INTS,
        ints: value.ints.map((i) => BigInt(i)),
      });
    }
    if ('floats' in value) {
      return create(AttributeProtoSchema, { name, type: AttributeType.FLOATS, floats: [...value.floats] });
    }
    if ('strings' in value) {
      const strings = value.strings.map((text) => new TextEncoder().encode(text));
      return create(AttributeProtoSchema, { name, type: AttributeType.STRINGS, strings });
    }
    if ('tensor' in value) {
      return create(AttributeProtoSchema, {
        name,
        type: AttributeType.TENSOR,
        t: tensorProto('', value.tensor),
      });
    }
    return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: this.#bodyGraph(value.body) });
  }
}

function identity(from: string, to: string) {
  return create(NodeProtoSchema, { name: to, opType: 'Identity', input: [from], output: [to] });
}

function valueInfo(name: string, value: { readonly type: DataType; readonly shape: Shape }): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: TENSOR_TYPES[value.type],
          shape: {
            dim: value.shape.map((dim) => ({
              value:
                typeof dim === 'number'
                  ? { case: 'dimValue' as const, value: BigInt(dim) }
                  : { case: 'dimParam' as const, value: dim },
            })),
          },
        },
      },
    },
  });
}

function tensorProto(name: string, tensor: Tensor): TensorProto {
  const { data } = tensor;
  // The raw bytes of an ONNX tensor are little-endian, which is what every platform that runs this is.
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
    throw new InvariantError('encodeModel: big-endian machines are not supported', { code: 'BIG_ENDIAN' });
  }
  return create(TensorProtoSchema, {
    name,
    dims: tensor.shape.map((dim) => BigInt(dim)),
    dataType: TENSOR_TYPES[tensor.type],
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
  });
}
