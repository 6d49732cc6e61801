"""Tests of the simulator itself, with policies that are as simple as can be."""
import json
import os
import shlex
import sys
import unittest
import xml.etree.ElementTree as xml

from simulator import compare, figures, model, plot, properties, table, workload
from simulator.policies import Program
from simulator.policies.policy import Policy

HERE = os.path.dirname(os.path.abspath(__file__))
SUITE = os.path.join(os.path.dirname(HERE), "suite.json")
STEADY = {"name": "t", "kind": "steady", "horizon": 600, "p": {"rate": 4.0}}


def fixed(answer):
    return f"{shlex.quote(sys.executable)} {shlex.quote(os.path.join(HERE, 'fixed_policy.py'))} {answer}"


class Plan(Policy):
    """Wants what the plan, [(second, replicas)], has last said."""
    period = 5.0

    def __init__(self, *plan, idle_first=False):
        self.plan, self.idle_first, self.seen = plan, idle_first, []

    def decide(self, o):
        self.seen.append(o)
        return [n for t, n in self.plan if t <= o["t"]][-1]


def simulate(policy, **spec):
    spec, arrivals, service = workload.build({**STEADY, **spec}, 1)
    return model.Sim(spec, arrivals, service, policy, 1).run()


class Workload(unittest.TestCase):
    def test_a_trace_and_a_seed_are_the_same_jobs_each_time_and_another_seed_others(self):
        with open(SUITE) as f:
            suite = json.load(f)
        for trace in suite["traces"]:
            spec, arrivals, service = workload.build(trace, 1)
            self.assertEqual((arrivals, service), workload.build(trace, 1)[1:], trace["name"])
            self.assertNotEqual(arrivals, workload.build(trace, 2)[1], trace["name"])
            self.assertEqual(arrivals, sorted(arrivals), trace["name"])
            self.assertTrue(arrivals and arrivals[-1] < spec["horizon"], trace["name"])
            self.assertEqual(len(arrivals), len(service))


class Model(unittest.TestCase):
    def test_every_job_is_done_and_every_pod_second_is_paid(self):
        run = simulate(Plan((0, 3)))
        self.assertEqual((run["done"], run["changes"], run["interrupted"]), (run["jobs"], 1, 0))
        self.assertAlmostEqual(run["cost"], 3 * 600, delta=30)

    def test_too_few_pods_let_jobs_wait(self):
        self.assertGreater(simulate(Plan((0, 3)))["in_slo"], 0.95)
        self.assertLess(simulate(Plan((0, 1)))["in_slo"], 0.5)

    def test_a_pod_that_goes_finishes_its_jobs_within_the_grace(self):
        self.assertEqual(simulate(Plan((0, 8), (300, 1)), grace=300.0)["interrupted"], 0)
        interrupted = simulate(Plan((0, 8), (300, 1)), grace=0.0)
        self.assertGreater(interrupted["interrupted"], 0)
        self.assertEqual(interrupted["done"], interrupted["jobs"])

    def test_idle_pods_go_first_where_their_cost_is_written(self):
        spec = dict(grace=0.0, p={"rate": 2.0})
        plain = simulate(Plan((0, 8), (300, 5)), **spec)["interrupted"]
        self.assertLess(simulate(Plan((0, 8), (300, 5), idle_first=True), **spec)["interrupted"], plain)

    def test_outages_show_what_a_broken_source_shows(self):
        policy = Plan((0, 3))
        simulate(policy, outages=[["error", 100, 120], ["frozen", 200, 220], ["zero", 300, 320]])
        queue = {o["t"]: o["queue"] for o in policy.seen}
        self.assertEqual(queue[100.0], {"ok": False, "observed_at": None})
        self.assertEqual((queue[200.0], queue[215.0]["observed_at"]), (queue[215.0], 200.0))
        self.assertEqual((queue[310.0]["observed_at"], queue[310.0]["enqueued_total"]), (310.0, 0))
        self.assertGreater(queue[320.0]["enqueued_total"], 0)

    def test_cpu_is_what_the_slots_were_used(self):
        policy = Plan((0, 8))
        simulate(policy)
        used = policy.seen[-1]["cpu"]["utilization"]
        self.assertTrue(0.1 < used < 0.5, used)


class Programs(unittest.TestCase):
    def test_a_program_is_asked(self):
        run = simulate(Program(fixed(3)))
        self.assertEqual((run["done"], run["changes"]), (run["jobs"], 1))

    def test_answers_out_of_bounds_and_no_numbers_and_an_early_end_fail_the_run(self):
        for command, words in ((fixed(31), "outside"), (fixed("three"), "bad decision"), ("true", "early|Broken pipe")):
            program = Program(command)
            with self.assertRaisesRegex((RuntimeError, BrokenPipeError), words):
                simulate(program)
            program.p.communicate()


class Reports(unittest.TestCase):
    def test_a_comparison_has_figures_with_goals_and_a_drawing(self):
        names = ["keda_default", "hpa_cpu70", "ours", "oracle"]
        results = compare.all_runs([STEADY], [1], names, fixed(3), 1)
        rows = table.rows(results, names)
        lines = [str(figure) for figure in figures.of_runs(rows)]
        self.assertEqual([line.split()[1] for line in lines],
                         ["slo_mean_percent", "traces_at_99_share", "cost_vs_oracle", "cost_vs_keda", "cost_vs_hpa",
                          "interrupted"])
        self.assertEqual(lines[-1], "figure interrupted 0 jobs goal =0")
        drawing = xml.fromstring("\n".join(plot.drawing("t", {n: r[0] for n, r in results["t"].items()})))
        self.assertEqual(sum(e.tag.endswith("polyline") for e in drawing.iter()), 2 * len(names))

    def test_a_figure_is_a_line(self):
        self.assertEqual(str(figures.Figure("slo_mean_percent", 99.7001, "%", ">=", 99.5)),
                         "figure slo_mean_percent 99.7 % goal >=99.5")

    def test_a_policy_that_never_changes_violates_properties(self):
        self.assertIn("a malformed sample is a missing one", properties.check(fixed(2), 1, 1))


if __name__ == "__main__":
    unittest.main()
