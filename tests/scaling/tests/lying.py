"""`lying.py FAULT COMMAND…`: stands between the checker of properties and a policy program, and lies to one of them.

So the policy works without one of its guards, and the checker has to say so: each fault names what is violated.
"""
import json
import random
import subprocess
import sys

QUICK = dict(scaleDownCooldown=1)
PODS = dict(startup_s=0.1)
FAULTS = {
    # The policy is told of no such guard.
    "scale-up cooldown": dict(policy=dict(scaleUpCooldown=0)),
    "scale-down cooldown": dict(policy=QUICK, pods=PODS),
    "counters that went back are no reason to shrink": dict(policy=dict(QUICK, anomalyHold=0), pods=PODS),
    "bounds": dict(policy=dict(maxReplicas=60)),
    "a steady load settles (6 changes an hour)": dict(policy=dict(QUICK, slowWindow=20), pods=PODS),
    "an idle fleet reaches zero, not before its time": dict(policy=dict(QUICK, scaleToZeroAfter=0), pods=PODS),
    # The policy does not see it.
    "never zero with work": dict(policy=dict(QUICK, scaleToZeroAfter=0), pods=PODS,
                                 queue=dict(active=0, waiting=0, completed_total=0, enqueued_total=0)),
    "no scale-down while the backlog is above target": dict(queue=dict(waiting=0)),
    # The checker hears something else.
    "deterministic": dict(heard=lambda n: n + random.randint(0, 1)),
    "from zero as the backlog needs": dict(heard=lambda n: min(1, n)),
    "from zero within one poll": dict(heard=lambda n: 0 if n < 30 else n),
    "nothing fresh, no change": dict(heard=lambda n: n + 1),
    "a fleet outside the bounds is corrected at once": dict(heard=lambda n: n + 1),
    "monotone in backlog": dict(heard=lambda n: n if n < 5 else 1),
    "a malformed sample is a missing one": dict(heard=lambda n: n + 1),
    "no scale-down on unusable data": dict(heard=lambda n: random.choice((0, 9))),
    "a steady load is carried": dict(heard=lambda n: 1),
    "no scale-down before the window is full": dict(policy=QUICK, pods=PODS),
}


def main():
    fault, command = FAULTS[sys.argv[1]], sys.argv[2:]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as program:
        for line in sys.stdin:
            said = json.loads(line)
            for part in ("policy", "pods", "queue"):
                if part in said:
                    said[part].update(fault.get(part, {}))
            program.stdin.write(json.dumps(said) + "\n")
            if said["type"] == "observation":
                answer = json.loads(program.stdout.readline())
                answer["desired"] = fault.get("heard", lambda n: n)(answer["desired"])
                print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
