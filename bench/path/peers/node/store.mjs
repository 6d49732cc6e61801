// Originals and outputs in MinIO.
//
// `putObject` of the minio client hashes every payload twice (MD5 and, without TLS, SHA-256). So what is put goes to a URL
// that the client signs, which leaves the payload unsigned: 24-35 ms of processor time per photo become 11-12.
import http from 'node:http';

import * as minio from 'minio';

import { store } from './settings.mjs';

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const client = new minio.Client({
  endPoint: store.endpoint.hostname,
  port: Number(store.endpoint.port),
  useSSL: false,
  accessKey: store.accessKey,
  secretKey: store.secretKey,
  // Told, it need not be asked for before the first request.
  region: 'us-east-1',
  pathStyle: true,
  transportAgent: agent,
});

export const originalOf = (id) => `originals/${id}`;
export const outputOf = (id, name) => `derived/${id}/${name}.jpg`;

export async function makeBucket() {
  if (!await client.bucketExists(store.bucket)) {
    await client.makeBucket(store.bucket);
  }
}

/** Stores bytes. */
export async function put(key, bytes, contentType) {
  const url = await client.presignedPutObject(store.bucket, key, 3600);
  await new Promise((resolve, reject) => {
    const headers = { 'content-length': bytes.length, 'content-type': contentType };
    const request = http.request(url, { method: 'PUT', agent, headers }, (reply) => {
      reply.resume();
      reply.on('error', reject);
      reply.on('end', () => (reply.statusCode === 200 ? resolve() : reject(new Error(`PUT ${key}: ${reply.statusCode}`))));
    });
    request.on('error', reject);
    request.end(bytes);
  });
}

/** What is stored, as a stream. */
export const stream = (key) => client.getObject(store.bucket, key);

/** What is stored, whole. */
export async function get(key) {
  const chunks = [];
  for await (const chunk of await stream(key)) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
