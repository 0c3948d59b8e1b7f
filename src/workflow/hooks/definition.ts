import type { Template } from '../definition.ts';
import type { SignatureStyle } from './signatures.ts';

/** Where a secret is: an environment variable of the server, or the store. */
export type SecretRef = { readonly env: string } | { readonly secret: string };

export type HookAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly username: string; readonly passwords: readonly SecretRef[] }
  | { readonly kind: 'bearer'; readonly tokens: readonly SecretRef[] }
  | { readonly kind: 'api_key'; readonly header: string; readonly keys: readonly SecretRef[] }
  | {
      readonly kind: 'hmac';
      readonly style: SignatureStyle;
      readonly secrets: readonly SecretRef[];
      readonly tolerance_seconds?: number;
      /** The URL that Twilio calls, without its query. */
      readonly url?: string;
    };

/** An inbound webhook. */
export interface HookDefinition {
  readonly name: string;
  readonly description?: string;
  readonly enabled?: boolean;
  /** The path below `/hooks/`; default: the name. */
  readonly path?: string;
  /** The workflow that a call starts. */
  readonly workflow?: string;
  /** The signal that a call gives to the step `waitFor` of a run, instead of starting one. The key sees what `input` sees. */
  readonly signal?: { readonly name: string; readonly key?: Template };
  /** The question of a page that answers GET, so that a link does nothing until somebody confirms it. */
  readonly confirm?: Template;
  readonly methods?: readonly string[];
  readonly auth: HookAuth;
  /** Addresses and networks that may call. */
  readonly networks?: readonly string[];
  readonly rate?: { readonly requests: number; readonly seconds: number };
  readonly max_bytes?: number;
  /** The JSON Schema of the body. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** By what repeated calls are recognized. */
  readonly dedupe?: { readonly header?: string; readonly key?: Template; readonly seconds?: number };
  /** The input of the run; its expressions see `body`, `headers`, `query`, `method`, `path`. */
  readonly input?: Template;
  readonly challenge?: { readonly style: 'slack' } | { readonly style: 'meta'; readonly token: SecretRef };
  /** Milliseconds that a call waits for the response of its run. */
  readonly wait_ms?: number;
}

/** The methods of a call. A page of confirmation is shown by GET. */
export const methodsOf = ({ methods, confirm }: HookDefinition): readonly string[] =>
  methods ?? (confirm === undefined ? ['POST'] : ['GET', 'POST']);

export const pathOfHook = ({ path, name }: HookDefinition): string => path ?? name;
