"""Runs every policy on every trace with every seed. One that fails ends the whole: nothing is skipped."""
import multiprocessing

from . import model, policies, workload
from .policies.oracle import Oracle

ORACLE_GOAL = 0.99
ORACLE_SLACKS = (0.95, 0.8, 0.6, 0.4, 0.2, 0.05)


def oracle(spec, arrivals, service, seed):
    """The run with the latest slack that still has 99 % in time, or else the one with most in time."""
    best = None
    for share in ORACLE_SLACKS:
        run = model.Sim(spec, arrivals, service, Oracle(arrivals, service, share * spec["slo"]), seed).run()
        if run["in_slo"] >= ORACLE_GOAL:
            return run
        if best is None or run["in_slo"] > best["in_slo"]:
            best = run
    return best


def one(job):
    trace, seed, names, command = job
    spec, arrivals, service = workload.build(trace, seed)
    if not arrivals:
        raise RuntimeError(f"trace {trace['name']} has no arrivals")
    runs = {}
    for name in names:
        if name == policies.ORACLE:
            runs[name] = oracle(spec, arrivals, service, seed)
        else:
            runs[name] = model.Sim(spec, arrivals, service, policies.make(name, command), seed).run()
    return trace["name"], runs


def all_runs(traces, seeds, names, command, jobs):
    """{trace: {policy: [a run per seed]}}"""
    results = {}
    with multiprocessing.Pool(jobs) as pool:
        for trace, runs in pool.imap(one, [(t, s, names, command) for t in traces for s in seeds]):
            for name, run in runs.items():
                results.setdefault(trace, {}).setdefault(name, []).append(run)
    return results
