"""`python3 -m simulator run|properties|replay`: see README.md."""
import argparse
import json
import os
import sys

from . import compare, figures, plot, properties, replay, table
from .policies import ORACLE, OURS, PEERS

SUITE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "suite.json")


def run(a):
    with open(a.suite) as f:
        suite = json.load(f)
    traces = [t for t in suite["traces"] if not a.traces or t["name"] in a.traces.split(",")]
    names = a.policies.split(",") if a.policies else [*PEERS, OURS, ORACLE]
    seeds = [int(s) for s in a.seeds.split(",")] if a.seeds else suite["seeds"]
    results = compare.all_runs(traces, seeds, names, a.policy, a.jobs)
    rows = table.rows(results, names)
    table.write(rows, names, a.markdown)
    if a.plots:
        plot.write(results, a.plots)
    if OURS in names:
        figures.write(figures.of_runs(rows))


def check(a):
    violations = sum(properties.check(a.policy, a.cases, a.seed).values())
    figures.write([figures.Figure("property_violations", violations, "violations", "=", 0)])


def again(a):
    try:
        replay.run(a.policy, a.file)
    except replay.Refused as refused:
        sys.exit(f"{a.file}: {refused}")


def main():
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    commands = parser.add_subparsers(required=True)
    r = commands.add_parser("run", help="runs every policy on every trace")
    r.add_argument("--policy", required=True, metavar="COMMAND", help="our program: lines of JSON in and out")
    r.add_argument("--suite", default=SUITE, metavar="FILE")
    r.add_argument("--policies", metavar="A,B", help="only these")
    r.add_argument("--traces", metavar="A,B", help="only these")
    r.add_argument("--seeds", metavar="1,2", help="instead of the suite's")
    r.add_argument("--markdown", metavar="FILE", help="the table of each trace, beside the one that is printed")
    r.add_argument("--plots", metavar="FOLDER", help="a drawing of each trace, as SVG")
    r.add_argument("--jobs", type=int, default=os.cpu_count())
    r.set_defaults(action=run)
    p = commands.add_parser("properties", help="checks what must hold of any sequence of observations")
    p.add_argument("--policy", required=True, metavar="COMMAND")
    p.add_argument("--cases", type=int, default=200)
    p.add_argument("--seed", type=int, default=1)
    p.set_defaults(action=check)
    o = commands.add_parser("replay", help="shows what an operator saw, and compares what is decided with what was")
    o.add_argument("--policy", required=True, metavar="COMMAND")
    o.add_argument("file", metavar="FILE", help="a recording of an operator per line")
    o.set_defaults(action=again)
    a = parser.parse_args()
    a.action(a)


if __name__ == "__main__":
    sys.exit(main())
