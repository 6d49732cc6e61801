"""KEDA with a Redis list trigger."""
import math

from .hpa import HpaBehaviour
from .policy import Policy


class KedaRedisList(Policy):
    """ScaledObject with a Redis list trigger: operator does 0<->1, the generated HPA does 1<->N every 15 s."""

    def __init__(self, name="keda_default", list_length=5, polling=30.0, cooldown=300.0, down_window=300.0):
        self.name, self.ll, self.poll, self.cool = name, list_length, polling, cooldown
        self.dw, self.period = down_window, 5.0

    def start(self, spec):
        super().start(spec)
        self.b = HpaBehaviour(self.dw)
        self.last_active, self.next_poll, self.next_sync = 0.0, 0.0, 0.0

    def decide(self, o):
        now, q, cur = o["t"], o["queue"], o["pods"]["desired"]
        n = cur
        if now >= self.next_poll:
            self.next_poll = now + self.poll
            if q["ok"]:
                if q["waiting"] > 0:
                    self.last_active = now
                    if n == 0:
                        n = max(1, self.min)
                elif self.min == 0 and n > 0 and now - self.last_active > self.cool:
                    return 0
        if now >= self.next_sync:
            self.next_sync = now + 15.0
            if n > 0 and cur > 0 and q["ok"]:
                ratio = q["waiting"] / (self.ll * cur)
                want = cur if abs(1 - ratio) <= 0.1 else math.ceil(q["waiting"] / self.ll)
                n = self.b.apply(now, cur, max(want, 1, self.min), max(1, self.min), self.max)
        return n
