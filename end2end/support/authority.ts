import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What strict verifiers (Python from 3.13, Java) ask of a certificate, beside its names. */
const EXTENSIONS = `
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1
`;

/** A certificate authority of one test, and what a server at localhost or 127.0.0.1 needs to be trusted by who trusts it. */
export class Authority {
  private constructor(private readonly folder: string) {}

  /** Makes new keys and certificates, valid for a day, in a folder of their own; needs the `openssl` command. */
  static async create(): Promise<Authority> {
    const authority = new Authority(await mkdtemp(path.join(tmpdir(), 'tessera-authority-')));
    await writeFile(authority.file('extensions.cnf'), EXTENSIONS);
    await authority.issue('authority', 'Tessera test authority', 'ca', ['-signkey', authority.file('ca.key')]);
    await authority.issue('server', 'localhost', 'server', ['-CA', authority.ca, '-CAkey', authority.file('ca.key'), '-CAcreateserial']);
    return authority;
  }

  /** Path of the authority's certificate (PEM): what clients have to trust, for example by NODE_EXTRA_CA_CERTS or SSL_CERT_FILE. */
  get ca(): string {
    return this.file('ca.pem');
  }

  /** Path of the server's certificate (PEM), for TESSERA_TLS_CERT. */
  get cert(): string {
    return this.file('server.pem');
  }

  /** Path of the server's private key (PEM), for TESSERA_TLS_KEY. */
  get key(): string {
    return this.file('server.key');
  }

  /** Removes all of it. */
  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private file(name: string): string {
    return path.join(this.folder, name);
  }

  /** Makes a key `name.key` and its certificate `name.pem`, signed by whom `signer` says. */
  private async issue(section: string, subject: string, name: string, signer: string[]): Promise<void> {
    const [key, request] = [this.file(`${name}.key`), this.file(`${name}.csr`)];
    await run('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key]);
    await run('openssl', ['req', '-new', '-key', key, '-subj', `/CN=${subject}`, '-out', request]);
    const extensions = ['-extfile', this.file('extensions.cnf'), '-extensions', section];
    await run('openssl', ['x509', '-req', '-in', request, '-days', '1', ...extensions, ...signer, '-out', this.file(`${name}.pem`)]);
  }
}
