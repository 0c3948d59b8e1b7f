/**
 * One way to sign in, such as OIDC with one identity provider. `begin` says where the person goes, `finish` verifies what came back, `end`
 * says where the person goes to sign out at the provider, too. A protocol keeps nothing between these calls: what `finish` has to compare
 * comes back from the browser in `kept`, encrypted.
 */
export interface SignInProtocol {
  /** The issuer of its subjects: two subjects of different authorities are different people. */
  readonly authority: string;
  /** Foz's own form asks for a name and a password, in the fields `username` and `password`. Absent: the provider has a page of its own. */
  readonly asks?: 'password';
  /** The provider answers by a form that its page posts to the callback, from another site. Absent: by a redirect. */
  readonly answersBy?: 'post';
  /** Starts an attempt. Rejects with FozError `unavailable` when the provider does not answer. */
  begin(attempt: Attempt): Promise<Begun>;
  /** Verifies the answer. Rejects with SignInRefused, or with FozError `unavailable` when the provider does not answer. */
  finish(answer: ProviderAnswer): Promise<Identified>;
  /** Describes Foz for its registration at the provider, as XML. Absent: the protocol has no such description. */
  describe?(callbackUrl: string): Promise<string>;
  /** Where a person goes to sign out at the provider; `null`: the provider has no such place. Absent: the protocol has none. */
  end?(session: EndingSession): Promise<URL | null>;
  /** Verifies a message of the provider that sessions have ended. Rejects as `finish`. Absent: the protocol has no such messages. */
  ended?(message: URLSearchParams): Promise<EndedSessions>;
}

/** An attempt to sign in. */
export interface Attempt {
  /** The URL that the provider sends the browser to. */
  readonly callbackUrl: string;
  /** A random text that identifies the attempt; the provider returns it. */
  readonly state: string;
}

/** Where an attempt goes on. */
export interface Begun {
  /** The page of the provider; `null`: Foz's own page asks for a name and a password. */
  readonly url: URL | null;
  /** Values for `finish`. */
  readonly kept: Readonly<Record<string, string>>;
}

/** The browser's request to the callback, from the provider or from Foz's own form. */
export interface ProviderAnswer extends Attempt {
  readonly kept: Begun['kept'];
  /** Parameters of the callback URL. */
  readonly query: URLSearchParams;
  /** Fields of the form that was posted; `null`: it was a GET. */
  readonly form: URLSearchParams | null;
}

/** A person, as a provider has identified them. */
export interface Identified {
  /** Identifies the person at the authority, for good. */
  readonly subject: string;
  readonly name: string | null;
  readonly email: string | null;
  /** Whether the provider says that the person has this address. */
  readonly emailVerified: boolean;
  /** All that the provider says, for rules and variables. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The session at the provider, by which the provider ends it. */
  readonly providerSession?: string;
  /** A text that `end` needs. It is stored encrypted. */
  readonly endHint?: string;
}

/** A session that ends by the wish of its person. */
export interface EndingSession {
  readonly endHint: string | null;
  /** The page of Foz that the provider sends the browser to at last. */
  readonly returnUrl: string;
}

/** The sessions that a provider has ended: all of a subject, or those of one session at the provider. */
export interface EndedSessions {
  readonly subject: string | null;
  readonly providerSession: string | null;
  /** Identifies the message, since each counts once. */
  readonly messageId: string;
  /** When the message expires, in milliseconds since 1970. */
  readonly until: number;
}
