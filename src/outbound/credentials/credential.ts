/** A credential for HTTP requests, with its secrets in the clear. */
export type HttpCredential = CredentialScope &
  (BasicCredential | BearerCredential | ApiKeyCredential | UrlCredential | OAuth2Credential | AwsCredential);

interface CredentialScope {
  /** The hosts that may get it, as in `outbound.allow`; default: any. */
  readonly hosts?: readonly string[];
}

interface BasicCredential {
  readonly type: 'basic';
  readonly username: string;
  readonly password: string;
}

interface BearerCredential {
  readonly type: 'bearer';
  readonly token: string;
}

interface ApiKeyCredential {
  readonly type: 'api-key';
  readonly in: 'header' | 'query';
  /** The name of the header or the query parameter. */
  readonly name: string;
  readonly value: string;
}

/** A URL that is a secret itself, such as the webhook of a chat. */
interface UrlCredential {
  readonly type: 'url';
  readonly url: string;
}

/** OAuth 2: client credentials, or with `refreshToken` the grant of that token. */
export interface OAuth2Credential {
  readonly type: 'oauth2';
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How the client authenticates at the token URL: by Basic (the default), or with its secret in the body. */
  readonly clientAuthentication?: 'basic' | 'body';
  readonly scope?: string;
  /** Further parameters of the token request, for example `audience`. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly refreshToken?: string;
}

/** Signature Version 4 of AWS. */
export interface AwsCredential {
  readonly type: 'aws';
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
  readonly service: string;
}
