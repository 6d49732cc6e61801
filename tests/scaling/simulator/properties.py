"""What must hold of a policy whatever it is shown. Each check asks the program, as the model does."""
import copy
import math
import random

from . import shown
from .policies import Program

# Said to the program, because the checks rest on them.
FIELDS = dict(minReplicas=1, maxReplicas=30, scaleUpCooldown=0, scaleDownCooldown=45, queueWaitSlo=30, pollInterval=5,
              staleAfter=15, anomalyHold=120, scaleToZeroAfter=120, concurrency=4, terminationGrace=30)


class Session:
    """One life of the program."""

    def __init__(self, command, **fields):
        self.fields = dict(FIELDS, **fields)
        self.program = Program(command)
        self.program.launch(self.fields)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.stop()

    def ask(self, observation):
        return self.program.ask(observation)["desired"]

    def play(self, sequence, cur):
        """Asks in turn, with the fleet that the answer before asked for: [(observation, replicas, answer)]."""
        out = []
        for o in copy.deepcopy(sequence):
            o["pods"].update(desired=cur, ready=cur, idle=min(o["pods"]["idle"], cur))
            answer = self.ask(o)
            out.append((o, cur, answer))
            cur = answer
        return out


class Checker:
    """Counts checks and violations by name."""

    def __init__(self, command):
        self.command, self.counts, self.violations = command, {}, {}

    def session(self, **fields):
        return Session(self.command, **fields)

    def check(self, name, holds, detail=""):
        self.counts[name] = self.counts.get(name, 0) + 1
        if not holds:
            self.violations.setdefault(name, []).append(detail)


def observation(t, desired, waiting=0, active=0, done=0, enqueued=None, **other):
    """`other`: ok, idle, cpu."""
    queue = shown.queue(observed_at=t, waiting=waiting, active=active, oldest_wait_s=0.0,
                        enqueued_total=done if enqueued is None else enqueued, completed_total=done,
                        busy_seconds_total=done * 1.8)
    if not other.get("ok", True):
        queue = shown.no_queue()
    pods = shown.pods(desired=desired, ready=desired, starting=0, idle=other.get("idle", 0), startup_s=12.0)
    cpu = other.get("cpu")
    return shown.observation(t, queue, pods, shown.use(cpu, t if cpu is not None else None), shown.use())


def walk(rng, n, outages=True):
    """A plausible random sequence, with missing, old and empty samples in it."""
    t, enqueued, done, waiting, rate = 0.0, 0, 0, 0, rng.choice([0.2, 2, 8, 20])
    out = []
    for _ in range(n):
        t += 5
        if rng.random() < 0.05:
            rate = rng.choice([0, 0.2, 2, 8, 20])
        come = max(0, int(rng.gauss(rate * 5, math.sqrt(rate * 5 + 1e-9))))
        gone = min(waiting + come, int(rng.uniform(0, 1.4) * rate * 5 + rng.choice([0, 0, 30])))
        enqueued, done, waiting = enqueued + come, done + gone, waiting + come - gone
        o = observation(t, 0, waiting, min(60, int(rate * 1.8)), done, enqueued, idle=rng.randint(0, 3),
                        cpu=rng.choice([None, rng.random()]))
        o["queue"]["oldest_wait_s"] = rng.uniform(0, 40) if waiting else 0.0
        fate = rng.random() if outages else 1.0
        if fate < 0.08:
            o["queue"] = shown.no_queue()
        elif fate < 0.11:
            o["queue"]["observed_at"] = t - rng.choice([3, 14, 16, 300])
        elif fate < 0.13:
            o["queue"].update(waiting=0, active=0, enqueued_total=0, completed_total=0, busy_seconds_total=0.0)
        out.append(o)
    return out


def _judge_walk(c, fields, played):
    low, high = fields["minReplicas"], fields["maxReplicas"]
    c.check("bounds", all(low <= n <= high for _, _, n in played), str(fields))
    last_up = last_change = -math.inf
    for o, cur, n in played:
        t, q = o["t"], o["queue"]
        fresh = q["ok"] and t - q["observed_at"] <= FIELDS["staleAfter"]
        if n > cur:
            c.check("scale-up cooldown", cur == 0 or t - last_up >= fields["scaleUpCooldown"], f"t={t} {fields}")
            last_up = last_change = t
        if n < cur:
            c.check("scale-down cooldown", t - last_change >= fields["scaleDownCooldown"], f"t={t} {fields}")
            c.check("no scale-down before the window is full", t - 5 >= fields["scaleDownCooldown"], f"t={t} {fields}")
            c.check("no scale-down on unusable data", fresh, f"t={t}")
            c.check("never zero with work", n > 0 or q.get("waiting", 0) + q.get("active", 0) == 0, f"t={t}")
            last_change = t
        if not fresh and not o["cpu"]["ok"]:
            c.check("nothing fresh, no change", n == cur, f"t={t} {cur}->{n}")
        if fresh and cur == 0 and q["waiting"] > 0:
            c.check("from zero within one poll", n >= 1, f"t={t}")


def walks(c, rng, cases):
    for i in range(cases):
        low = rng.choice([0, 0, 1, 3])
        fields = dict(minReplicas=low, maxReplicas=low + rng.choice([1, 5, 30]),
                      scaleUpCooldown=rng.choice([0, 0, 20]), scaleDownCooldown=rng.choice([10, 45, 120]))
        sequence = walk(rng, 80)
        with c.session(**fields) as s:
            played = s.play(sequence, max(low, 1))
        _judge_walk(c, fields, played)
        if i < max(2, cases // 4):
            with c.session(**fields) as s:
                again = s.play(sequence, max(low, 1))
            c.check("deterministic", [n for _, _, n in played] == [n for _, _, n in again])
            monotone(c, random.Random(i), fields)


def monotone(c, rng, fields):
    """The same history, and then more waiting: never fewer replicas."""
    before = walk(rng, rng.randint(1, 60), outages=False)
    q, answers = before[-1]["queue"], []
    for waiting in (0, 10, 100, 1000):
        with c.session(**fields) as s:
            cur = s.play(before, max(fields["minReplicas"], 1))[-1][2]
            answers.append(s.ask(observation(before[-1]["t"] + 5, cur, waiting, 10, q["completed_total"] + 10,
                                             q["enqueued_total"] + 20)))
    c.check("monotone in backlog", answers == sorted(answers), str(answers))


def steady(c):
    # Those of four hours fill a whole number of replicas just so: there the noise decides, some hours more than others.
    for rate, hours in ((0.1, 1), (0.7, 1), (2.0, 1), (5.0, 1), (11.0, 1), (23.0, 1), (1.63, 4), (3.75, 4), (7.54, 4)):
        cur, rng, enqueued, done, changes = 1, random.Random(f"{rate}"), 0, 0, []
        with c.session() as s:
            for i in range(720 * hours):
                t = 5.0 * (i + 1)
                enqueued += max(0, round(rng.gauss(rate * 5, math.sqrt(rate * 5))))
                done = max(done, enqueued - 2)
                busy = min(cur * 4, max(0, round(rate * 1.8)))
                n = s.ask(observation(t, cur, 0, busy, done, enqueued, cpu=min(1, rate * 1.8 / 4 / max(cur, 1))))
                if n != cur and t > 300:
                    changes.append((t, cur, n))
                cur = n
        c.check("a steady load settles (6 changes an hour)", len(changes) <= 6 * hours, f"rate {rate}: {changes}")
        c.check("a steady load is carried", cur * 4 >= rate * 1.8, f"rate {rate}: {cur}")


def backlog(c):
    for cur in (3, 10, 30):
        with c.session() as s:
            for i in range(60):
                n = s.ask(observation(5.0 * (i + 1), cur, 40 * cur, 4 * cur, i))
                c.check("no scale-down while the backlog is above target", n >= cur, f"{cur}->{n}")


def from_zero(c):
    for waiting in (1, 3, 40, 5000):
        for warm in (0, 1, 40):
            for cooldown in (0, 300):
                with c.session(minReplicas=0, scaleUpCooldown=cooldown) as s:
                    for i in range(warm):
                        s.ask(observation(5.0 * (i + 1), 0, 0, 0, 100))
                    n = s.ask(observation(5.0 * (warm + 1), 0, waiting, 0, 100, 100 + waiting))
                c.check("from zero within one poll", n >= 1, f"waiting {waiting} warm {warm}: {n}")
                c.check("from zero as the backlog needs", waiting < 5000 or n >= 10, f"waiting {waiting}: {n}")
    with c.session(minReplicas=0, scaleUpCooldown=300) as s:
        s.ask(observation(5.0, 0, 3, 0, 100, 103))
        n = s.ask(observation(10.0, 0, 3, 0, 100, 103))
    c.check("from zero within one poll", n >= 1, "inside scaleUpCooldown")


def idle(c):
    cur, zero_at = 5, None
    with c.session(minReplicas=0) as s:
        for i in range(200):
            t = 5.0 * (i + 1)
            cur = s.ask(observation(t, cur, 0, 0, 100, idle=cur))
            if cur == 0 and zero_at is None:
                zero_at = t
    after = FIELDS["scaleToZeroAfter"]
    c.check("an idle fleet reaches zero, not before its time",
            zero_at is not None and after <= zero_at <= after + 300, str(zero_at))


def reset(c):
    for polls in (0, 1, 5, 20):
        cur = 10
        with c.session(minReplicas=0) as s:
            for i in range(30):
                cur = s.ask(observation(5.0 * (i + 1), cur, 5, 36, 50 * i))
            for j in range(polls + 1):
                n = s.ask(observation(155.0 + 5 * j, cur))
                c.check("counters that went back are no reason to shrink", n >= cur, f"{cur}->{n}")


def bad_samples(c):
    with c.session(minReplicas=2, maxReplicas=8) as s:
        n = s.ask(observation(5.0, 20, ok=False))
    c.check("a fleet outside the bounds is corrected at once", n == 8, str(n))
    for change in (dict(waiting=-5), dict(waiting=None), dict(active="many"), dict(busy_seconds_total=-1.0),
                   dict(observed_at=1e12), dict(enqueued_total=1e300)):
        o = observation(5.0, 4, 50, 4)
        o["queue"].update(change)
        with c.session() as s:
            n = s.ask(o)
        c.check("a malformed sample is a missing one", n == 4, f"{change}: {n}")


GROUPS = (steady, backlog, from_zero, idle, reset, bad_samples)


def check(command, cases, seed, groups=GROUPS):
    """Prints a line for each property, and returns how many violations of each there were."""
    c = Checker(command)
    walks(c, random.Random(seed), cases)
    for group in groups:
        group(c)
    for name in sorted(c.counts):
        found = c.violations.get(name, [])
        print(f"{'FAIL' if found else 'ok  '} {name}: {c.counts[name]} checks, {len(found)} violations"
              + (f"; first: {found[0][:300]}" if found else ""))
    return {name: len(found) for name, found in c.violations.items()}
