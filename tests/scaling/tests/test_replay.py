"""What an operator recorded is shown to all policies, and our program is held to what was decided."""
import contextlib
import io
import json
import os
import shlex
import subprocess
import sys
import tempfile
import unittest

from simulator import policies, replay, shown
from simulator.policies import Program

from .test_simulator import HERE, fixed, simulate

# How often it was asked since it began.
COUNTING = shlex.join([sys.executable, "-c", """
import json, sys
for n, line in enumerate(sys.stdin):
    if n:
        print(json.dumps({"desired": n, "reason": "Fixed"}), flush=True)
"""])
FIELDS = dict(minReplicas=1.0, maxReplicas=30.0, concurrency=4.0)


def recording(n, desired=3, **fields):
    """The nth of an operator that always wants as many, with a start-up that is measured only with the second."""
    t = 1_795_000_000.25 + 5 * n
    queue = shown.queue(observed_at=t - 0.25, waiting=2 * n, active=4, oldest_wait_s=1.0, enqueued_total=20 * n,
                        completed_total=18 * n, busy_seconds_total=36.5 * n)
    pods = shown.pods(desired=3, ready=2, starting=1, idle=n % 2, startup_s=None if n == 0 else 8.5)
    return {"init": {"type": "init", "version": 1, "policy": dict(FIELDS, **fields)},
            "observation": shown.observation(t, queue, pods, shown.use(0.5, t), shown.use()),
            "decision": {"desired": desired, "reason": "Fixed", "confidence": 0.5}}


def replayed(recordings, command):
    """What is printed."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(json.dumps(one) + "\n" for one in recordings)
        file.flush()
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            replay.run(command, file.name)
    return printed.getvalue().splitlines()


class Replay(unittest.TestCase):
    def refused(self, recordings, words, command=fixed(3)):
        with self.assertRaisesRegex(replay.Refused, words):
            replayed(recordings, command)

    def test_what_was_seen_is_told_with_what_each_policy_wants(self):
        header, _, *rows = replayed([recording(n) for n in range(3)], fixed(3))
        self.assertEqual([name.strip() for name in header.strip("|").split("|")],
                         [*replay.COLUMNS, policies.OURS, *policies.PEERS])
        self.assertEqual([row.split(" | ")[:12] for row in rows],
                         [["| 0", "0", "4", "2", "1", "0", "-", "0", "0", "0", "3", "3"],
                          ["| 5", "2", "4", "2", "1", "1", "8.5", "20", "18", "36.5", "3", "3"],
                          ["| 10", "4", "4", "2", "1", "0", "8.5", "40", "36", "73", "3", "3"]])

    def test_a_queue_that_was_not_seen_is_told_as_such(self):
        unseen = recording(1)
        unseen["observation"].update(queue=shown.no_queue(), cpu=shown.use())
        *_, row, _ = replayed([recording(0), unseen, recording(2)], fixed(3))
        self.assertTrue(row.startswith("| 5 | - | - | 2 |"), row)

    def test_each_line_that_is_decided_otherwise_is_named(self):
        recordings = [recording(0), recording(1, desired=4), recording(2)]
        self.refused(recordings, "^line 2: the program says .*'desired': 3.*'desired': 4[^\n]*$")
        recordings[2]["decision"]["reason"] = "Steady"
        self.refused(recordings, "line 2: .*\nline 3: .*'Fixed'.*'Steady'")

    def test_another_policy_begins_anew(self):
        recordings = [recording(0, 1), recording(1, 2), recording(2, 1, maxReplicas=9.0), recording(3, 2, maxReplicas=9.0)]
        replayed(recordings, COUNTING)
        self.refused([recording(n, desired) for n, desired in enumerate((1, 2, 1, 2))], "line 3: ", COUNTING)

    def test_a_recording_has_counters_that_rise_a_measured_start_up_and_an_idle_pod(self):
        self.refused([recording(0), recording(2), recording(1)], "^line 3: enqueued_total falls from 40 to 20\n")
        self.refused([recording(1), recording(1)], "^enqueued_total does not rise\n")
        self.refused([recording(0), recording(2)], "^no line has an idle pod$")
        unmeasured = recording(1)
        unmeasured["observation"]["pods"]["startup_s"] = None
        self.refused([recording(0), unmeasured], "^no line has a measured start-up$")

    def test_an_observation_has_the_fields_that_the_model_shows_and_no_other(self):
        for change in (lambda seen: seen["pods"].pop("idle"), lambda seen: seen["queue"].update(delayed=0),
                       lambda seen: seen.update(disk={}), lambda seen: seen.pop("memory")):
            other = recording(1)
            change(other["observation"])
            self.refused([recording(0), other], "^line 2 is no recording: ")
        self.refused([], "no recording")

    def test_the_command_fails_with_the_line(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.writelines(json.dumps(recording(n)) + "\n" for n in range(2))
            file.flush()
            done = {answer: subprocess.run([sys.executable, "-m", "simulator", "replay", "--policy", fixed(answer), file.name],
                                           cwd=os.path.dirname(HERE), capture_output=True, text=True, check=False)
                    for answer in (3, 4)}
        self.assertEqual((done[3].returncode, done[3].stderr), (0, ""))
        self.assertEqual((done[4].returncode, done[4].stdout.count("\n")), (1, 4))
        self.assertIn(": line 1: the program says", done[4].stderr)


class Recorder(Program):
    """Our program, with all that it was asked."""

    def launch(self, fields):
        super().launch(fields)
        self.init, self.recordings = dict(type="init", version=1, policy=fields), []

    def ask(self, o):
        answer = super().ask(o)
        seen = {name: part for name, part in o.items() if not name.startswith("_")}
        self.recordings.append({"init": self.init, "observation": seen, "decision": answer})
        return answer


@unittest.skipUnless("SCALING_POLICY" in os.environ, "SCALING_POLICY names no program: `make bench-scaling` does")
class OurProgram(unittest.TestCase):
    def test_what_it_decided_in_the_model_it_decides_again_and_a_lying_one_does_not(self):
        command = shlex.quote(os.environ["SCALING_POLICY"])
        recorder = Recorder(command)
        simulate(recorder, outages=[["error", 100, 120]])
        self.assertEqual(len(replayed(recorder.recordings, command)), 2 + len(recorder.recordings))
        lying = shlex.join([sys.executable, os.path.join(HERE, "lying.py"), "nothing fresh, no change"])
        with self.assertRaisesRegex(replay.Refused, "^line 1: "):
            replayed(recorder.recordings, f"{lying} {command}")


if __name__ == "__main__":
    unittest.main()
