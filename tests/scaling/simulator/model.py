"""The model: one FIFO queue, pods with `concurrency` slots, start-up delay, graceful drain. All times are seconds.

A pod costs from its creation to its end, drain included. A wait is from enqueueing to the start of the last attempt.
"""
import heapq
import random
from collections import deque

from . import shown

FINISH, READY, KILL, TICK, REQUEUE, SCRAPE = range(6)
STALLED_S = 30.0          # an interrupted job is picked up again after the stalled-job check


class Pod:
    __slots__ = ("id", "born", "ready_at", "state", "busy", "jobs", "acc", "mark", "util", "gone", "had_window")

    def __init__(self, pid, now):
        self.id, self.born, self.ready_at, self.state = pid, now, None, "starting"
        self.busy, self.jobs = 0, {}
        self.acc, self.mark, self.util, self.gone, self.had_window = 0.0, now, 0.0, None, False


class Sim:
    def __init__(self, spec, arr, svc, policy, seed):
        self.spec, self.arr, self.svc, self.policy = spec, arr, svc, policy
        self.c = spec["concurrency"]
        self.rng = random.Random(f"{spec['name']}|{seed}|pods")
        self.now, self.heap, self.seq = 0.0, [], 0
        self.pods, self.free, self.queue = {}, deque(), deque()
        self.next_pod, self.desired = 0, 0
        self.wait = [None] * len(arr)
        self.attempt = [0] * len(arr)
        self.enq = self.done = 0
        self.busy_done = 0.0
        self.active = 0
        self.cost = 0.0
        self.changes = self.ups = self.downs = self.reversals = 0
        self.last_dir = 0
        self.interrupted = 0
        self.max_backlog = 0
        self.startups = deque(maxlen=10)
        self.frozen = None
        self.timeline = []
        self.cpu = None
        self.cpu_at = None
        self.end_grace = 4 * 3600

    def push(self, t, kind, a=None, b=None):
        self.seq += 1
        heapq.heappush(self.heap, (t, self.seq, kind, a, b))

    # ---- pods -------------------------------------------------------------
    def _start_pod(self):
        p = Pod(self.next_pod, self.now)
        self.next_pod += 1
        self.pods[p.id] = p
        self.push(self.now + self.rng.uniform(*self.spec["startup"]), READY, p.id)

    def _touch(self, p):
        p.acc += p.busy * (self.now - p.mark)
        p.mark = self.now

    def _remove(self, p):
        self.cost += self.now - p.born
        p.state = "gone"
        del self.pods[p.id]

    def scale(self, n):
        n = max(0, int(n))
        if n == self.desired:
            return
        d = 1 if n > self.desired else -1
        self.changes += 1
        if d > 0:
            self.ups += 1
        else:
            self.downs += 1
        if self.last_dir and d != self.last_dir:
            self.reversals += 1
        self.last_dir = d
        self.desired = n
        live = [p for p in self.pods.values() if p.state in ("starting", "ready")]
        for _ in range(n - len(live)):
            self._start_pod()
        k = len(live) - n
        if k > 0:
            if self.policy.idle_first:   # pod-deletion-cost written just before the scale-down
                live.sort(key=lambda p: (p.state != "starting", p.busy, -p.born, -p.id))
            else:                        # ReplicaSet order: not ready first, then youngest
                live.sort(key=lambda p: (p.state != "starting", -p.born, -p.id))
            for p in live[:k]:
                if p.state == "starting" or p.busy == 0:
                    self._remove(p)
                else:
                    p.state = "draining"
                    self.push(self.now + self.spec["grace"], KILL, p.id)

    # ---- jobs -------------------------------------------------------------
    def _dispatch(self):
        q, free = self.queue, self.free
        while q and free:
            p = free[0]
            if p.state != "ready" or p.busy >= self.c:
                free.popleft()
                continue
            free.popleft()
            j = q.popleft()
            self._touch(p)
            p.busy += 1
            self.active += 1
            self.attempt[j] += 1
            p.jobs[j] = self.now
            self.wait[j] = self.now - self.arr[j]
            self.push(self.now + self.svc[j], FINISH, p.id, (j, self.attempt[j]))

    # ---- observation ------------------------------------------------------
    def observe(self):
        q = shown.queue(observed_at=round(self.now, 3), waiting=len(self.queue), active=self.active,
                        oldest_wait_s=round(self.now - self.arr[self.queue[0]], 3) if self.queue else 0.0,
                        enqueued_total=self.enq, completed_total=self.done,
                        busy_seconds_total=round(self.busy_done, 3))
        for kind, a, b in self.spec.get("outages", []):
            if a <= self.now < b:
                if kind == "error":
                    q = shown.no_queue()
                elif kind == "frozen":
                    self.frozen = self.frozen or q
                    q = self.frozen
                elif kind == "zero":
                    q = dict(q, waiting=0, active=0, oldest_wait_s=0.0, enqueued_total=0, completed_total=0,
                             busy_seconds_total=0.0)
                break
        else:
            self.frozen = None
        st = {"starting": 0, "ready": 0, "draining": 0}
        idle = 0
        for p in self.pods.values():
            st[p.state] += 1
            if p.state == "ready" and p.busy == 0:
                idle += 1
        su = sum(self.startups) / len(self.startups) if self.startups else None
        pods = shown.pods(desired=self.desired, ready=st["ready"], starting=st["starting"], idle=idle,
                          startup_s=su and round(su, 3))
        return shown.observation(round(self.now, 3), q, pods, shown.use(self.cpu, self.cpu_at), shown.use())

    def _scrape(self):
        """metrics-server-like: mean CPU share over the last 15 s of pods ready for the whole window."""
        vals = []
        for p in self.pods.values():
            if p.state == "ready":
                self._touch(p)
                if p.had_window:
                    p.util = p.acc / (15.0 * self.c)
                    vals.append(p.util)
                p.acc, p.had_window = 0.0, True
        self.cpu = round(sum(vals) / len(vals), 4) if vals else None
        self.cpu_at = self.now
        self.push(self.now + 15.0, SCRAPE)

    # ---- main loop --------------------------------------------------------
    def run(self):
        arr, n, h = self.arr, len(self.arr), self.spec["horizon"]
        i = 0
        start = max(self.spec["min"], self.policy.floor)
        self.policy.start(self.spec)
        self.desired = start
        for _ in range(start):           # warm start at the minimum
            self._start_pod()
        self.push(0.0, TICK)
        self.push(15.0, SCRAPE)
        cost_at_h = None
        while True:
            te = self.heap[0][0] if self.heap else float("inf")
            if i < n and arr[i] <= te:
                self.now = arr[i]
                self.queue.append(i)
                self.enq += 1
                i += 1
                if len(self.queue) > self.max_backlog:
                    self.max_backlog = len(self.queue)
                self._dispatch()
                continue
            if te == float("inf"):
                break
            if te >= h and i >= n and self.done >= n:
                self.now = max(self.now, h)
                break
            if te > h + self.end_grace:
                self.now = h + self.end_grace
                break
            t, _, kind, a, b = heapq.heappop(self.heap)
            self.now = t
            if kind == FINISH:
                j, att = b
                p = self.pods.get(a)
                if p is None or j not in p.jobs or self.attempt[j] != att:
                    continue
                self._touch(p)
                del p.jobs[j]
                p.busy -= 1
                self.active -= 1
                self.done += 1
                self.busy_done += self.svc[j]
                if p.state == "ready":
                    self.free.append(p)
                    self._dispatch()
                elif p.busy == 0:
                    self._remove(p)
            elif kind == READY:
                p = self.pods.get(a)
                if p is None or p.state != "starting":
                    continue
                p.state, p.ready_at, p.mark, p.acc = "ready", t, t, 0.0
                self.startups.append(t - p.born)
                for _ in range(self.c):
                    self.free.append(p)
                self._dispatch()
            elif kind == KILL:
                p = self.pods.get(a)
                if p is None or p.state != "draining":
                    continue
                for j in list(p.jobs):
                    self.interrupted += 1
                    self.active -= 1
                    self.push(t + STALLED_S, REQUEUE, j)
                self._remove(p)
            elif kind == REQUEUE:
                self.queue.appendleft(a)
                self._dispatch()
            elif kind == SCRAPE:
                self._scrape()
            elif kind == TICK:
                obs = self.observe()
                obs["_pods"] = self.pods     # only the HPA may look: it has CPU per pod
                want = self.policy.decide(obs)
                if want is not None:
                    self.scale(want)
                self.timeline.append((t, self.desired, len(self.queue)))
                self.push(t + self.policy.period, TICK)
        for p in list(self.pods.values()):
            self._remove(p)
        self.policy.stop()
        return self.result()

    def result(self):
        slo = self.spec["slo"]
        w = sorted(x if x is not None else 1e9 for x in self.wait)
        n = len(w)

        def q(f):
            return w[min(n - 1, int(f * n))] if n else 0.0
        late = sum(1 for x in w if x > slo)
        return dict(jobs=n, done=self.done, p50=q(.5), p95=q(.95), p99=q(.99), in_slo=1 - late / n if n else 1.0,
                    cost=self.cost, changes=self.changes, reversals=self.reversals, interrupted=self.interrupted,
                    max_backlog=self.max_backlog, timeline=self.timeline)
