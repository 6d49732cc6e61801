"""Knative's pod autoscaler on waiting and active jobs."""
import math
from collections import deque

from .policy import Policy


class Knative(Policy):
    """KPA defaults on queue+in-flight concurrency: 60 s stable, 6 s panic, 70 % target, x2 threshold, 2 s tick."""
    name, period = "knative_like", 2.0

    def start(self, spec):
        super().start(spec)
        self.win, self.panic_t, self.max_panic = deque(), None, 0
        self.last_nonzero, self.hold = 0.0, None

    def decide(self, o):
        now, q, p = o["t"], o["queue"], o["pods"]
        if not q["ok"]:
            return None
        v = q["waiting"] + q["active"]
        self.win.append((now, v))
        while self.win[0][0] <= now - 60:
            self.win.popleft()
        tgt = self.c * 0.7
        stable = sum(x for _, x in self.win) / len(self.win)
        pw = [x for t, x in self.win if t > now - 6]
        panic = sum(pw) / len(pw)
        ready = max(1, p["ready"])
        lo, hi = math.floor(ready / 2.0), math.ceil(1000 * ready)
        ds = min(max(math.ceil(stable / tgt), lo), hi)
        raw = math.ceil(panic / tgt)
        dp = min(max(raw, lo), hi)
        over = raw / ready >= 2.0
        if over:
            self.panic_t = now
        elif self.panic_t is not None and self.panic_t + 60 < now:
            self.panic_t, self.max_panic = None, 0
        n = ds
        if self.panic_t is not None:
            self.max_panic = max(self.max_panic, max(ds, dp))
            n = self.max_panic
        if stable > 0:
            self.last_nonzero = now
            n = max(n, 1)
        elif now - self.last_nonzero < 30:
            n = max(n, 1)
        return max(self.min, min(self.max, n))
