import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import type { Report } from '../../check-parts.ts';
import { isLoopback } from '../loopback.ts';
import type { SamlConfig } from './config.ts';

/** The settings of SAML. */
export const samlSettings: ReadonlySet<string> = new Set([
  'issuer',
  'idp_metadata',
  'metadata_url',
  'insecure_url',
  'entity_id',
  'private_key',
  'certificate',
  'signed_response',
  'encrypted_assertion',
  'name_id_format',
  'force_login',
  'attributes',
  'email_verified',
  'clock_skew',
] satisfies (keyof SamlConfig)[]);

/** Reports problems of a provider of SAML that a JSON Schema cannot express. */
export function checkSaml(config: SamlConfig, report: Report): void {
  const { idp_metadata, metadata_url, private_key, certificate, encrypted_assertion } = config;
  if ((idp_metadata === undefined) === (metadata_url === undefined))
    report([], 'needs either idp_metadata or metadata_url');
  if (idp_metadata !== undefined && !idp_metadata.includes('EntityDescriptor'))
    report(['idp_metadata'], 'is no metadata of SAML: it is XML with an EntityDescriptor');
  if (metadata_url !== undefined) checkUrl(metadata_url, config, report);
  if ((private_key === undefined) !== (certificate === undefined))
    report(
      [private_key === undefined ? 'private_key' : 'certificate'],
      'is missing: private_key and certificate belong together',
    );
  if (private_key !== undefined && certificate !== undefined) checkPair(private_key, certificate, report);
  if (encrypted_assertion === true && private_key === undefined)
    report(['private_key'], 'is missing: encrypted assertions are decrypted with it');
}

function checkUrl(text: string, { insecure_url }: SamlConfig, report: Report): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '')
    report(['metadata_url'], 'is no URL of metadata: it looks like https://id.example.com/metadata');
  else if (url.protocol === 'http:' && !isLoopback(url.hostname) && insecure_url !== true)
    report(
      ['metadata_url'],
      'is not https, so whoever sits between could sign anyone in: take https, idp_metadata, or set insecure_url: true',
    );
}

function checkPair(privateKey: string, certificate: string, report: Report): void {
  let read: 'private_key' | 'certificate' = 'private_key';
  try {
    const key = createPrivateKey(privateKey);
    read = 'certificate';
    const { publicKey } = new X509Certificate(certificate);
    const isPair = createPublicKey(key).equals(publicKey);
    if (key.asymmetricKeyType !== 'rsa') report(['private_key'], 'is no RSA key, which SAML needs');
    else if (!isPair) report(['certificate'], 'is not that of private_key');
  } catch {
    report([read], `is no ${read === 'private_key' ? 'private key' : 'certificate'} in PEM`);
  }
}
