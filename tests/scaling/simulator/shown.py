"""What a policy is shown, whoever shows it: the model, the checks of properties, or what an operator has recorded."""


def observation(t, queue, pods, cpu, memory):
    return dict(type="observation", t=t, queue=queue, pods=pods, cpu=cpu, memory=memory)


def queue(observed_at, waiting, active, oldest_wait_s, enqueued_total, completed_total, busy_seconds_total):
    return dict(ok=True, observed_at=observed_at, waiting=waiting, active=active, oldest_wait_s=oldest_wait_s,
                enqueued_total=enqueued_total, completed_total=completed_total, busy_seconds_total=busy_seconds_total)


def no_queue():
    return dict(ok=False, observed_at=None)


def pods(desired, ready, starting, idle, startup_s):
    return dict(desired=desired, ready=ready, starting=starting, idle=idle, startup_s=startup_s)


def use(utilization=None, observed_at=None):
    """Of CPU or memory: 1 is all of it."""
    return dict(ok=utilization is not None, utilization=utilization, observed_at=observed_at)


def recorded(line):
    """The observation of a line. It is made as all others are: with a field too few or too many it is none."""
    parts = {name: {field: value for field, value in line[name].items() if field != "ok"}
             for name in ("queue", "pods", "cpu", "memory")}
    seen = observation(line["t"], queue(**parts["queue"]) if line["queue"]["ok"] else no_queue(),
                       pods(**parts["pods"]), use(**parts["cpu"]), use(**parts["memory"]))
    if seen != line:
        raise ValueError(f"it would be {seen}")
    return seen


def since(seen, began):
    """The same with times from another beginning: the model's is 0, and so policies count from there."""
    def moved(part):
        return part if part["observed_at"] is None else dict(part, observed_at=part["observed_at"] - began)
    return dict(seen, t=seen["t"] - began, **{name: moved(seen[name]) for name in ("queue", "cpu", "memory")})
