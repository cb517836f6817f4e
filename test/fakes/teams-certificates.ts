import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Certificate {
  /** PEM. */
  certificate: string;
  privateKey: string;
  /** Of the certificate, in hexadecimal, as an admin copies it. */
  thumbprint: string;
  thumbprintSha256: string;
  /** The certificate as a file, until `remove`. */
  file: string;
  remove(): Promise<void>;
}

/**
 * A certificate made now with the `openssl` command, in a folder of its own below the system's temporary one.
 * @param kind `ec` for a server (quick), `rsa` for one that an app signs its requests for tokens with
 */
export async function makeCertificate(kind: 'ec' | 'rsa', name = 'localhost'): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-teams-'));
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const algorithm = kind === 'ec' ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'] : ['-newkey', 'rsa:2048'];
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  await promisify(execFile)('openssl', ['req', '-x509', ...algorithm, '-nodes', '-days', '2', ...names, '-keyout', key, '-out', file]);
  const certificate = await readFile(file, 'utf8');
  const held = new X509Certificate(certificate);
  return {
    certificate,
    privateKey: await readFile(key, 'utf8'),
    thumbprint: held.fingerprint.replaceAll(':', ''),
    thumbprintSha256: held.fingerprint256.replaceAll(':', ''),
    file,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
