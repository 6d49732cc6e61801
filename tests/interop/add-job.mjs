// A foreign producer: adds a job to a BullMQ queue with npm's own bullmq. Its arguments are the Redis URL, the queue,
// the job's id, and the id of a job whose payload it copies. It prints what the new job is called.

import { Queue } from "bullmq";

const [url, name, id, model] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const queue = new Queue(name, { connection: { host: hostname, port: Number(port), maxRetriesPerRequest: 1 } });
try {
  const { data } = await queue.getJob(model);
  const job = await queue.add("process-photo", data, { jobId: id });
  console.log(job.id);
} finally {
  await queue.close();
}
