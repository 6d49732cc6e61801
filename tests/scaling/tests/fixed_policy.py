"""A policy program for tests: `fixed_policy.py N` always wants N replicas; what is no number it answers as it is."""
import json
import sys

for line in sys.stdin:
    if json.loads(line)["type"] == "observation":
        answer = sys.argv[1]
        print(json.dumps({"desired": int(answer) if answer.isdigit() else answer, "reason": "Fixed"}), flush=True)
