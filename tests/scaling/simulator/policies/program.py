"""A policy that is a program, spoken to in lines of JSON."""
import json
import shlex
import subprocess

from .policy import Policy


class Program(Policy):
    """A program: one JSON observation per line on stdin, one JSON decision per line on stdout."""
    idle_first = True

    def __init__(self, command, name="ours", **fields):
        self.command, self.name, self.fields = command, name, fields
        self.period = fields.get("pollInterval", 5.0)

    def start(self, spec):
        super().start(spec)
        self.launch(dict(minReplicas=spec["min"], maxReplicas=spec["max"], queueWaitSlo=spec["slo"],
                         concurrency=spec["concurrency"], terminationGrace=spec["grace"],
                         expectedJobSeconds=spec["prior_s"], **self.fields))

    def launch(self, fields):
        """Starts the program with these fields of its policy; what is not named has the program's own default."""
        self.p = subprocess.Popen(shlex.split(self.command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  bufsize=1)
        self.p.stdin.write(json.dumps(dict(type="init", version=1, policy=fields)) + "\n")
        self.p.stdin.flush()

    def ask(self, o):
        self.p.stdin.write(json.dumps({k: v for k, v in o.items() if not k.startswith("_")}) + "\n")
        self.p.stdin.flush()
        line = self.p.stdout.readline()
        if not line:
            raise RuntimeError("policy program ended early")
        d = json.loads(line)
        if not isinstance(d.get("desired"), int) or isinstance(d["desired"], bool):
            raise RuntimeError(f"bad decision: {line.strip()[:200]}")
        return d

    def decide(self, o):
        n = self.ask(o)["desired"]
        if not self.min <= n <= self.max:
            raise RuntimeError(f"decision {n} outside [{self.min}, {self.max}]")
        return n

    def stop(self):
        self.p.stdin.close()
        status = self.p.wait(timeout=10)
        self.p.stdout.close()
        if status != 0:
            raise RuntimeError(f"policy program ended with status {status}")
