// What the processes of the stack are told by their environment, and how they say that they are up.
import process from 'node:process';

/** The value of a variable that must be there. */
function told(name) {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set`);
  }
  return value;
}

const redis = new URL(told('REDIS_URL'));

/** Of BullMQ; a worker's connection must wait for Redis for ever. */
export const connection = { host: redis.hostname, port: Number(redis.port), maxRetriesPerRequest: null };
/** Keeps the keys of this stack apart from the other one's on the same Redis. */
export const prefix = 'node';
/** One queue for each way of using sharp. */
export const queues = told('QUEUES').split(',');
export const port = Number(process.env.PORT ?? 0);
export const databaseFile = told('SQLITE_PATH');
export const tokenKey = told('JWT_SECRET');
export const store = {
  endpoint: new URL(told('MINIO_ENDPOINT')),
  accessKey: told('MINIO_ACCESS_KEY'),
  secretKey: told('MINIO_SECRET_KEY'),
  bucket: 'node-photos',
};

/** Who started this waits for the line. */
export const ready = () => process.stdout.write('ready\n');
