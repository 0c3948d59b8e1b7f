import type { Started } from '../../src/main.ts';
import { until } from '../support/wait.ts';

/** An answer of a subscription. */
export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes are looked at
  readonly data?: any;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/** Reads the answers of a subscription as server-sent events. */
export class Subscriber {
  readonly answers: Answer[] = [];
  /** The answers as they were sent. */
  readonly texts: string[] = [];
  isOver = false;
  /** Whether the server has said that nothing more will come. */
  isComplete = false;
  readonly #end = new AbortController();

  /** Subscribes at `url`. Rejects where the response is no stream of events. */
  static async open(
    url: string,
    body: { readonly query: string; readonly variables?: object },
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Subscriber> {
    const subscriber = new Subscriber();
    const response = await fetch(new URL('graphql', url), {
      method: 'POST',
      headers: { accept: 'text/event-stream', 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: subscriber.#end.signal,
    });
    if (!response.ok || !response.headers.get('content-type')?.startsWith('text/event-stream'))
      throw new Error(`${response.status} ${await response.text()}`);
    void subscriber.#read(response).catch(() => {
      subscriber.isOver = true;
    });
    return subscriber;
  }

  /** Waits until the last answer has this data. */
  async last(data: unknown): Promise<void> {
    const wanted = JSON.stringify(data);
    await until(() => JSON.stringify(this.answers.at(-1)?.data) === wanted, 30_000).catch(() => {
      throw new Error(`The last answer is ${this.texts.at(-1)}, not ${wanted}.`);
    });
  }

  /** Waits for the first answer, and throws where it has errors. */
  async started(): Promise<void> {
    const [first] = await this.count(1);
    if (first!.errors !== undefined) throw new Error(`The subscription was refused: ${this.texts[0]}`);
  }

  /** Waits until this many answers have come, and returns them. */
  async count(answers: number): Promise<readonly Answer[]> {
    await until(() => this.answers.length >= answers, 30_000);
    return this.answers;
  }

  close(): void {
    this.#end.abort();
  }

  async #read(response: Response): Promise<void> {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop()!;
      for (const event of events) this.#event(event);
    }
    this.isOver = true;
  }

  #event(event: string): void {
    const lines = event.split('\n');
    if (lines.includes('event: complete')) this.isComplete = true;
    if (!lines.includes('event: next')) return;
    const json = lines.flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : [])).join('\n');
    this.texts.push(json);
    this.answers.push(JSON.parse(json) as Answer);
  }
}

/** The statements that make the outbox of the only source, with triggers on these tables. */
export async function outboxSetup(
  { attached }: Started,
  names: readonly string[],
): Promise<readonly string[]> {
  const [source] = attached.graphs.catalog.sources.values();
  const tables = source!.tables.filter(({ name }) => names.includes(name));
  const { connector } = attached.registry.named(source!.name);
  const offers = await connector.changes!.offers(tables, new AbortController().signal);
  return offers.find(({ method }) => method === 'triggers')!.setup;
}
