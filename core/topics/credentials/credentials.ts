/** What a target wants to see beside the signature. Of each kind the last member is secret and never shown. */
export type Credentials = BasicCredentials | BearerCredentials | KeyHeaderCredentials | ClientCredentials;

/** RFC 7617. */
export interface BasicCredentials {
  readonly type: 'basic';
  readonly username: string;
  readonly password: string;
}

/** RFC 6750. */
export interface BearerCredentials {
  readonly type: 'bearer';
  readonly token: string;
}

/** A header of any name. */
export interface KeyHeaderCredentials {
  readonly type: 'key_header';
  readonly name: string;
  readonly value: string;
}

/** By which a subscriber's own issuer gives a bearer token for it (RFC 6749, section 4.4). */
export interface ClientCredentials {
  readonly type: 'oauth2_client_credentials';
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly audience?: string;
  readonly scope?: string;
  readonly clientSecret: string;
}

/** The header that shows credentials, its name in lower case; a token of an issuer is fetched elsewhere. */
export function credentialsHeader(
  credentials: Exclude<Credentials, ClientCredentials>,
): Readonly<Record<string, string>> {
  switch (credentials.type) {
    case 'basic': {
      const pair = Buffer.from(`${credentials.username}:${credentials.password}`);
      return { authorization: `Basic ${pair.toString('base64')}` };
    }
    case 'bearer':
      return { authorization: `Bearer ${credentials.token}` };
    case 'key_header':
      return { [credentials.name.toLowerCase()]: credentials.value };
  }
}
