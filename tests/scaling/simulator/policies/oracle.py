"""What somebody would do who knew everything beforehand. A good feasible reference, not a proven optimum."""
import math

from .policy import Policy


class Oracle(Policy):
    """Knows every arrival and service time. Least integer capacity that meets start deadlines of `slack` seconds
    (minimum constant speed over a look-ahead), pods requested 20 s ahead, gaps shorter than 40 s bridged."""
    name, period, idle_first = "oracle", 5.0, True

    def __init__(self, arr, svc, slack, name="oracle"):
        self.arr, self.svc, self.slack, self.name = arr, svc, slack, name

    def start(self, spec):
        super().start(spec)
        h, dt, c = int(spec["horizon"]) + 300, 5, self.c
        due = [0.0] * (h + 400)
        come = [0.0] * (h + 400)
        for a, s in zip(self.arr, self.svc):
            come[int(a)] += s
            due[min(h + 399, int(a + self.slack))] += s
        for i in range(1, len(due)):
            due[i] += due[i - 1]
            come[i] += come[i - 1]
        served, need = 0.0, []
        for t in range(0, h, dt):
            r = 0.0
            for u in range(t + 2, min(t + 180, h + 399), 3):
                r = max(r, (due[u] - served) / (u - t))
            n = min(self.max, max(self.min, math.ceil(r / c - 1e-6)))
            need.append(n)
            served = min(come[t + dt], served + n * c * dt)
        k, lead = 8, 4
        up = [max(need[max(0, i - k):i + 1]) for i in range(len(need))]          # closing: bridge short gaps
        up = [min(up[i:i + k + 1]) for i in range(len(up))]
        self.plan = [max(up[i:i + lead + 1]) for i in range(len(up))]            # ask ahead of need

    def decide(self, o):
        i = int(o["t"] // 5)
        if i < len(self.plan):
            return max(self.min, min(self.max, self.plan[i]))
        return max(1, self.min) if o["queue"].get("waiting") or o["queue"].get("active") else self.min
