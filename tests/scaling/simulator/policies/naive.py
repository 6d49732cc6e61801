"""One replica more or less on thresholds, with cooldowns."""
from .policy import Policy


class NaiveStep(Policy):
    """Up if CPU > 70 % or waiting > 50 per replica, down if CPU < 30 % and waiting < 5 per replica."""
    name, period, floor = "naive_step", 10.0, 1

    def __init__(self, up_cd=60.0, down_cd=300.0):
        self.ucd, self.dcd = up_cd, down_cd

    def start(self, spec):
        super().start(spec)
        self.lu = self.ld = -1e9

    def decide(self, o):
        now, cur, q, cpu = o["t"], o["pods"]["desired"], o["queue"], o["cpu"]["utilization"]
        w = (q["waiting"] if q["ok"] else 0) / max(cur, 1)
        cpu = cpu if cpu is not None else 0.5
        if (cpu > 0.70 or w > 50) and cur < self.max:
            if now - self.lu >= self.ucd:
                self.lu = now
                return cur + 1
        elif cpu < 0.30 and w < 5 and cur > max(1, self.min):
            if now - max(self.lu, self.ld) >= self.dcd:
                self.ld = now
                return cur - 1
        return None
