// A certificate authority of one test: the SDKs speak https only, and trust nobody that they were not told of.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { must } from '../quickstarts/processes.mjs';

const EXTENSIONS = `
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost
`;

/** Paths of the certificate to trust (`ca`), and of what a server at localhost needs (`cert`, `key`); valid for a day. */
export async function createAuthority() {
  const folder = await mkdtemp(path.join(tmpdir(), 'tessera-authority-'));
  const file = (name) => path.join(folder, name);
  const openssl = (...args) => must('openssl', args);
  await writeFile(file('extensions.cnf'), EXTENSIONS);
  for (const [name, subject, signer] of [
    ['ca', 'Authority of a test', ['-signkey', file('ca.key')]],
    ['server', 'localhost', ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial']],
  ]) {
    await openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file(`${name}.key`));
    await openssl('req', '-new', '-key', file(`${name}.key`), '-subj', `/CN=${subject}`, '-out', file(`${name}.csr`));
    await openssl('x509', '-req', '-in', file(`${name}.csr`), '-days', '1', '-extfile', file('extensions.cnf'), '-extensions', name, ...signer, '-out', file(`${name}.pem`));
  }
  return { ca: file('ca.pem'), cert: file('server.pem'), key: file('server.key'), dispose: () => rm(folder, { recursive: true, force: true }) };
}
