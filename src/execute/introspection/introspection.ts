import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
} from 'graphql';
import { CacheBudget, type CacheShare, type EndSignal, heapPart, textBytes } from '../../core/index.ts';
import { LazySchema } from '../../graph/index.ts';
import type { Root } from '../../plan/index.ts';
import { Compiler, typeOfMeta } from './compile.ts';
import { Job } from './job.ts';
import type { PackedText } from './packed.ts';
import { type Sink, write, writePlain } from './sink.ts';
import type { Walk } from './walk.ts';

/** An operation with `__schema` or `__type` in it. Variables are coerced. */
export interface IntrospectionRequest {
  /** Identifies the operation within the graph. */
  readonly key: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly signal: EndSignal;
  /** The most characters of the texts of `__schema` and `__type` where the answer contains other data, too. */
  readonly most?: number;
}

type Answer = string | PackedText;

/** A cache of introspection answers of any number of graphs. Tools read whole graphs, so one answer may take half of it. */
export function introspectionAnswers(maxBytes = heapPart(1 / 16, 64 * 2 ** 20)): CacheBudget {
  return new CacheBudget('introspection', maxBytes, 1 / 2);
}

/**
 * Answers introspection of one graph, byte for byte as graphql-js. The answer is written directly from the schema in short time slices, so
 * that other requests are served meanwhile. The types that it creates are not kept.
 */
export class Introspection {
  readonly #schema: GraphQLSchema;
  readonly #answers: CacheShare<Answer>;
  readonly #jobs = new Map<string, Job<Answer>>();

  constructor(schema: GraphQLSchema, answers = introspectionAnswers()) {
    this.#schema = schema;
    this.#answers = answers.share();
  }

  /** Empties and closes the cache. */
  close(): void {
    this.#answers.close();
  }

  /**
   * The whole answer of an operation whose root fields are introspection and constants, from the cache where possible. Rejects with
   * FozError.
   */
  answer(roots: readonly Root[], request: IntrospectionRequest): Promise<Answer> {
    const id = `${JSON.stringify(request.variables)}\0${request.key}`;
    const cached = this.#answers.get(id);
    if (cached !== undefined) return Promise.resolve(cached);
    return this.#job(id, (isStopped) => write((sink) => this.#walk(roots, request, sink), isStopped)).wait(
      request.signal,
    );
  }

  /** The JSON texts of `__schema` and `__type` by response key. Rejects with FozError. */
  async texts(request: IntrospectionRequest): Promise<ReadonlyMap<string, string>> {
    const isStopped = () => request.signal.aborted;
    const compiler = this.#compiler(request);
    const texts = new Map<string, string>();
    for (const [key, nodes] of this.#fields(compiler, request))
      texts.set(
        key,
        await writePlain((sink) => this.#walkField(compiler, nodes, sink), isStopped, request.most),
      );
    return texts;
  }

  #job(id: string, work: (isStopped: () => boolean) => Promise<Answer>): Job<Answer> {
    const known = this.#jobs.get(id);
    if (known !== undefined && !known.isStopped) return known;
    const job = new Job(work);
    this.#jobs.set(id, job);
    const forget = () => {
      if (this.#jobs.get(id) === job) this.#jobs.delete(id);
    };
    job.result.then((answer) => {
      this.#answers.set(id, answer, textBytes(id) + bytesOf(answer));
      forget();
    }, forget);
    return job;
  }

  *#walk(roots: readonly Root[], request: IntrospectionRequest, sink: Sink): Walk {
    const compiler = this.#compiler(request);
    const fields = this.#fields(compiler, request);
    let before = '{"data":{';
    for (const root of roots) {
      sink.write(`${before}${JSON.stringify(root.key)}:`);
      before = ',';
      if (root.kind === 'constant') sink.write(root.json);
      else if (root.kind === 'introspection') yield* this.#walkField(compiler, fields.get(root.key)!, sink);
    }
    sink.write('}}');
  }

  /** Writes `__schema` or `__type`. Types are created on a separate graph object and freed with it. */
  *#walkField(compiler: Compiler, nodes: readonly FieldNode[], sink: Sink): Walk {
    const [node] = nodes as readonly [FieldNode];
    const schema = compiler.schema;
    const meta = node.name.value === '__type' ? TypeMetaFieldDef : SchemaMetaFieldDef;
    const value =
      meta === TypeMetaFieldDef ? schema.getType(compiler.given(meta, node).name as string) : schema;
    const writer = compiler.object(typeOfMeta(meta), nodes);
    if (writer.kind === 'short') sink.write(writer.text(value));
    else yield* writer.walk(value, sink);
  }

  #compiler({ document, variables }: IntrospectionRequest): Compiler {
    const schema = this.#schema instanceof LazySchema ? this.#schema.transient() : this.#schema;
    return new Compiler({ schema, document, variables });
  }

  /** `__schema` and `__type` of the operation, by response key. */
  #fields(compiler: Compiler, { operation }: IntrospectionRequest): Map<string, FieldNode[]> {
    const root = this.#schema.getRootType(operation.operation);
    const all = compiler.collect(root?.name ?? '', [operation.selectionSet]);
    return new Map(
      [...all].filter(([, [node]]) => node!.name.value === '__schema' || node!.name.value === '__type'),
    );
  }
}

function bytesOf(answer: Answer): number {
  return typeof answer === 'string' ? textBytes(answer) : answer.packedBytes;
}
