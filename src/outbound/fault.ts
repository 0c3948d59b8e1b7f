import { type ErrorCode, FozError } from '../core/index.ts';

/** The kinds of faults of an outgoing request, with their error codes. */
const codes = {
  /** The request itself is not allowed: its URL, a header, its method. */
  invalid: 'data-exception',
  /** The address may not be called. */
  refused: 'access-denied',
  unresolved: 'unavailable',
  unreachable: 'unavailable',
  tls: 'unavailable',
  proxy: 'unavailable',
  timeout: 'timeout',
  'too-large': 'limit-exceeded',
  /** The answer is not HTTP, or has another length than it says. */
  broken: 'unavailable',
  redirect: 'not-supported',
  /** The request needs a credential that is missing, may not go there, or gets no token. */
  credential: 'access-denied',
  /** The caller has ended the request. */
  ended: 'timeout',
} as const satisfies Record<string, ErrorCode>;

export type OutboundFault = keyof typeof codes;

/**
 * An outgoing request that got no usable answer. The message names the origin alone: paths, headers and bodies of such requests can be secrets.
 */
export class OutboundError extends FozError {
  readonly fault: OutboundFault;

  constructor(fault: OutboundFault, message: string, cause?: unknown) {
    super(codes[fault], message, cause === undefined ? {} : { cause });
    this.name = 'OutboundError';
    this.fault = fault;
  }
}

/** Codes of Node and undici; a code that is not here means that the connection failed. */
const faults: Readonly<Record<string, OutboundFault>> = {
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
  ENODATA: 'unresolved',
  ESERVFAIL: 'unresolved',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'too-large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'broken',
  UND_ERR_INVALID_ARG: 'invalid',
  UND_ERR_NOT_SUPPORTED: 'invalid',
};

const sentences: Partial<Record<OutboundFault, string>> = {
  unresolved: 'its name cannot be resolved: check how it is spelled, and the DNS of this machine',
  unreachable: 'the connection failed: check that the service runs, and that this machine may reach its port',
  timeout: 'it did not answer in time: check the service, or allow more time',
  broken: 'it answered with something that is not HTTP: check that the URL names a web server',
  invalid: 'the request cannot be sent as HTTP: check its headers',
  'too-large': 'the headers of its answer are too long',
  tls: 'no secure connection: check its certificate; name the authority that signed it in outbound.ca',
};

/** The error for a failure of the connection to an origin. */
export function faultOf(error: unknown, origin: string): OutboundError {
  if (error instanceof OutboundError) return error;
  const { code = '', name = '', message = '' } = error as { code?: string; name?: string; message?: string };
  const fault = name === 'HTTPParserError' ? 'broken' : faultOfCode(code);
  const detail = fault === 'tls' || fault === 'unreachable' ? ` (${code || message})` : '';
  return new OutboundError(fault, `${origin}: ${sentences[fault]}${detail}`, error);
}

function faultOfCode(code: string): OutboundFault {
  const known = faults[code];
  if (known !== undefined) return known;
  return /CERT|SELF_SIGNED|ISSUER|^ERR_(?:TLS|SSL|OSSL)|^EPROTO$|^CRL_/.test(code) ? 'tls' : 'unreachable';
}
