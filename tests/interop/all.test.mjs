// Every test, one after the other in one process: they pause and empty queues that they share. The last line says
// which versions met.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after } from "node:test";
import { Redis } from "ioredis";
import { address } from "./queues.mjs";

after(async () => {
  const version = (name) => `${name} ${JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version}`;
  const redis = new Redis(address());
  const [, server] = /redis_version:(\S+)/.exec(await redis.info("server"));
  redis.disconnect();
  const npm = ["bullmq", "ioredis", "@bull-board/api", "@bull-board/ui", "@bull-board/express", "express"].map(version);
  const chromium = execFileSync(process.env.CHROMIUM ?? "/usr/bin/chromium", ["--version"], { encoding: "utf8" }).trim();
  console.log(`versions: npm ${npm.join(", ")}; node ${process.versions.node}; redis ${server}; ${chromium}`);
});

await import("./events.test.mjs");
await import("./worker.test.mjs");
await import("./operator.test.mjs");
await import("./board.test.mjs");
await import("./producer.test.mjs");
