"""Shows every policy what an operator saw, and holds our program to what that operator decided.

A recording is a line `{"init": …, "observation": …, "decision": …}`, as README.md has each of the three.
"""
import dataclasses
import itertools
import json

from . import model, policies, shown

COUNTERS = ("enqueued_total", "completed_total", "busy_seconds_total")
COLUMNS = ("s", "waiting", "active", "ready", "starting", "idle", "startup s", "enqueued", "completed", "busy s", "replicas")


class Refused(Exception):
    """The text says which line, and why."""


@dataclasses.dataclass
class Recording:
    """`line` is its number, `policy` that of `init`."""
    line: int
    policy: dict
    seen: dict
    decided: dict


def read(path):
    recordings = []
    with open(path) as f:
        for number, text in enumerate(f, 1):
            try:
                line = json.loads(text)
                desired, reason = line["decision"]["desired"], line["decision"]["reason"]
                recordings.append(Recording(number, line["init"]["policy"], shown.recorded(line["observation"]),
                                            dict(desired=desired, reason=reason)))
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise Refused(f"line {number} is no recording: {error!r}") from error
    if not recordings:
        raise Refused("there is no recording in it")
    return recordings


def _pods(seen):
    """Pods as the HPA looks at them. What each of them uses is not recorded: each uses the mean."""
    pods = {n: model.Pod(n, seen["t"]) for n in range(seen["pods"]["ready"] + seen["pods"]["starting"])}
    for pod in itertools.islice(pods.values(), seen["pods"]["ready"]):
        pod.state, pod.util, pod.had_window = "ready", seen["cpu"]["utilization"], seen["cpu"]["ok"]
    return pods


def answers(recordings, command):
    """What each policy says to each: [(recording, {policy: replicas}, what ours says)]. Another `init` begins anew."""
    out = []
    for fields, part in itertools.groupby(recordings, key=lambda recording: recording.policy):
        part = list(part)
        program = policies.Program(command)
        program.launch(fields)
        peers = {name: make() for name, make in policies.PEERS.items()}
        for peer in peers.values():
            peer.start(dict(min=int(fields["minReplicas"]), max=int(fields["maxReplicas"]),
                            concurrency=int(fields["concurrency"])))
        for recording in part:
            said = program.ask(recording.seen)
            seen = shown.since(recording.seen, part[0].seen["t"])
            wanted = {policies.OURS: said["desired"]}
            for name, peer in peers.items():
                want = peer.decide(dict(seen, _pods=_pods(seen)))
                wanted[name] = seen["pods"]["desired"] if want is None else want
            out.append((recording, wanted, said))
        program.stop()
    return out


def table(answered):
    names = list(answered[0][1])
    yield f"| {' | '.join([*COLUMNS, *names])} |"
    yield "|" + "--:|" * (len(COLUMNS) + len(names))
    began = answered[0][0].seen["t"]
    for recording, wanted, _ in answered:
        queue, pods = recording.seen["queue"], recording.seen["pods"]
        row = [recording.seen["t"] - began, queue.get("waiting"), queue.get("active"), pods["ready"], pods["starting"],
               pods["idle"], pods["startup_s"], *(queue.get(name) for name in COUNTERS), pods["desired"], *wanted.values()]
        yield f"| {' | '.join('-' if value is None else f'{round(value, 1):.12g}' for value in row)} |"


def differences(answered):
    for recording, _, said in answered:
        decided = {field: said.get(field) for field in recording.decided}
        if decided != recording.decided:
            yield f"line {recording.line}: the program says {decided}, and the operator decided {recording.decided}"


def wrong_counters(recordings):
    seen = [(recording.line, recording.seen["queue"]) for recording in recordings if recording.seen["queue"]["ok"]]
    for (_, before), (line, after) in zip(seen, seen[1:]):
        for name in COUNTERS:
            if after[name] < before[name]:
                yield f"line {line}: {name} falls from {before[name]:g} to {after[name]:g}"
    for name in COUNTERS:
        if not seen or seen[-1][1][name] <= seen[0][1][name]:
            yield f"{name} does not rise"


def not_measured(recordings):
    """What a recording has to have, so that it says something of an operator."""
    if all(recording.seen["pods"]["startup_s"] is None for recording in recordings):
        yield "no line has a measured start-up"
    if all(recording.seen["pods"]["idle"] == 0 for recording in recordings):
        yield "no line has an idle pod"


def run(command, path):
    """Prints what each policy says. Raises `Refused` where ours says something else than was decided."""
    recordings = read(path)
    answered = answers(recordings, command)
    for line in table(answered):
        print(line)
    faults = [*differences(answered), *wrong_counters(recordings), *not_measured(recordings)]
    if faults:
        raise Refused("\n".join(faults))
