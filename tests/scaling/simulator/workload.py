"""Workloads: a trace of suite.json and a seed give arrival times and service times, the same each time."""
import math
import random

DEFAULTS = dict(horizon=3600, concurrency=4, min=1, max=30, slo=30.0, startup=[5, 20], grace=30.0,
                job="photo", prior_s=2.0)


def _poisson_from_rate(rng, rate, horizon, rmax):
    """Thinning of a Poisson process with rate(t) <= rmax."""
    out, t = [], 0.0
    while True:
        t += rng.expovariate(rmax)
        if t >= horizon:
            return out
        if rng.random() * rmax <= rate(t):
            out.append(t)


def arrivals(spec, rng):
    k, h = spec["kind"], spec["horizon"]
    p = spec.get("p", {})
    if k == "steady":
        r = p["rate"]
        return _poisson_from_rate(rng, lambda t: r, h, r)
    if k == "diurnal":
        lo, hi, per = p["lo"], p["hi"], p["period"]
        # slow lognormal modulation on top of a sinusoid: mean-reverting, one value a minute
        x, mod = 0.0, []
        for _ in range(int(h / 60) + 2):
            x = 0.9 * x + rng.gauss(0, p.get("noise", 0.05))
            mod.append(math.exp(x))

        def rate(t):
            base = lo + (hi - lo) * 0.5 * (1 - math.cos(2 * math.pi * t / per))
            return base * mod[int(t / 60)]
        return _poisson_from_rate(rng, rate, h, hi * max(mod))
    if k == "flash":
        b, peak, t0, rise, tau = p["base"], p["peak"], p["at"], p["rise"], p["decay"]

        def rate(t):
            if t < t0:
                return b
            if t < t0 + rise:
                return b + (peak - b) * (t - t0) / rise
            return b + (peak - b) * math.exp(-(t - t0 - rise) / tau)
        return _poisson_from_rate(rng, rate, h, peak)
    if k in ("bursts", "onoff"):
        # two-state modulated Poisson; "onoff" has a zero low state
        lo, hi, on, off = p.get("lo", 0.0), p["hi"], p["on"], p["off"]
        edges, t, high = [], 0.0, False
        while t < h:
            d = rng.uniform(0.6, 1.4) * (on if high else off)
            edges.append((t, hi if high else lo))
            t += d
            high = not high

        out = []
        for i, (a, r) in enumerate(edges):
            b = edges[i + 1][0] if i + 1 < len(edges) else h
            t = a
            while r > 0:
                t += rng.expovariate(r)
                if t >= min(b, h):
                    break
                out.append(t)
        return out
    if k == "ramp":
        lo, hi, up, hold = p["lo"], p["hi"], p["up"], p["hold"]

        def rate(t):
            if t < up:
                return lo + (hi - lo) * t / up
            return hi if t < up + hold else lo
        return _poisson_from_rate(rng, rate, h, hi)
    if k == "step":
        steps = p["steps"]  # [[t, rate], ...]

        def rate(t):
            r = steps[0][1]
            for a, v in steps:
                if t >= a:
                    r = v
            return r
        return _poisson_from_rate(rng, rate, h, max(v for _, v in steps))
    if k == "batch":
        # compound Poisson: Pareto batch sizes, each batch uploaded at up_rate jobs/s
        out, t = [], 0.0
        while True:
            t += rng.expovariate(1.0 / p["every"])
            if t >= h:
                break
            size = min(p["cap"], int(p["xmin"] * (1.0 - rng.random()) ** (-1.0 / p["alpha"])))
            u = t
            for _ in range(size):
                u += rng.expovariate(p["up_rate"])
                if u < h:
                    out.append(u)
        bg = p.get("background", 0.0)
        if bg:
            out += _poisson_from_rate(rng, lambda t: bg, h, bg)
        return sorted(out)
    if k == "modulated":
        # counts like those of a public endpoint: a lognormal level that forgets slowly, and now and then a spike
        x, level, step = 0.0, [], p["step"]
        for _ in range(int(h / step) + 1):
            x = p["memory"] * x + rng.gauss(0, p["noise"])
            spike = p["spike"] if rng.random() < p["spike_chance"] else 1.0
            level.append(min(p["cap"], p["rate"] * math.exp(x) * spike))
        return _poisson_from_rate(rng, lambda t: level[int(t / step)], h, max(level))
    raise ValueError(k)


def service(spec, arr, rng):
    """Service seconds per job from an image-size model."""
    job = spec["job"]
    slow = spec.get("slow")  # [t0, t1, factor]: bigger images / slower storage in that interval
    out = []
    for t in arr:
        if job == "photo":        # median 6 MP, decode+thumbs+optimise ~0.2 s/MP, mean ~1.85 s
            mp = min(120.0, 6.0 * math.exp(rng.gauss(0, 0.7)))
            s = 0.3 + 0.20 * mp * math.exp(rng.gauss(0, 0.15))
        elif job == "heavy":      # RAW/panorama: mean ~13 s, tail beyond 60 s
            s = 1.0 + 8.0 * math.exp(rng.gauss(0, 0.9))
        elif job == "light":      # thumbnails only
            s = 0.08 + 0.12 * math.exp(rng.gauss(0, 0.6))
        else:
            raise ValueError(job)
        if slow and slow[0] <= t < slow[1]:
            s *= slow[2]
        out.append(s)
    return out


def build(spec, seed):
    spec = {**DEFAULTS, **spec}
    rng = random.Random(f"{spec['name']}|{seed}|arr")
    arr = arrivals(spec, rng)
    svc = service(spec, arr, random.Random(f"{spec['name']}|{seed}|svc"))
    return spec, arr, svc
