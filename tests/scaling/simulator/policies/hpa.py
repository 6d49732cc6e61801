"""HorizontalPodAutoscaler v2: its behaviour defaults, and CPU at 70 %."""
import math
from collections import deque

from .policy import Policy


class HpaBehaviour:
    """autoscaling/v2 defaults: up = max(+4, x2) per 15 s; down = highest recommendation of 300 s."""

    def __init__(self, down_window=300.0):
        self.recs, self.hist, self.win = deque(), deque(), down_window

    def apply(self, now, cur, want, lo, hi):
        self.recs.append((now, want))
        while self.recs and self.recs[0][0] <= now - self.win:
            self.recs.popleft()
        n = want
        if n < cur:
            n = min(cur, max(r for _, r in self.recs))
        if n > cur:
            while self.hist and self.hist[0][0] <= now - 15:
                self.hist.popleft()
            added = sum(d for _, d in self.hist)
            base = cur - added
            n = min(n, max(base + 4, base * 2))
            n = max(n, cur)
        n = max(lo, min(hi, n))
        if n > cur:
            self.hist.append((now, n - cur))
        return n


class HpaCpu(Policy):
    name, period, floor = "hpa_cpu70", 15.0, 1

    def start(self, spec):
        super().start(spec)
        self.b = HpaBehaviour()

    def decide(self, o):
        now, cur = o["t"], o["pods"]["desired"]
        pods = [p for p in o["_pods"].values() if p.state in ("starting", "ready")]
        m = [p.util for p in pods if p.state == "ready" and p.had_window and p.util is not None]
        if not m:
            return None
        tgt, unready = 0.70, len(pods) - len(m)
        r = sum(m) / len(m) / tgt
        if abs(1 - r) <= 0.1:
            want = cur
        elif r > 1 and unready:
            r2 = sum(m) / (len(m) + unready) / tgt
            want = cur if r2 <= 1.1 else max(cur, math.ceil(r2 * (len(m) + unready)))
        else:
            want = math.ceil(r * len(m))
            if r < 1 and unready:
                want = max(want, math.ceil((sum(m) / tgt + unready)))
        return self.b.apply(now, cur, max(1, want), max(1, self.min), self.max)
