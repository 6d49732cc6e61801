"""Drawings as SVG: a file per trace, with the replicas and the backlog of each policy over time (the first seed)."""
import os
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, GAP = 1000, 220, 60, 40, 50
COLOURS = {"ours": "#0b6", "oracle": "#000", "keda_default": "#d33", "keda_tuned": "#f90", "hpa_cpu70": "#36c",
           "naive_step": "#999", "knative_like": "#93c"}


def _steps(points, x, y):
    """A line that keeps its height until the next point."""
    out, last = [], None
    for t, value in points:
        if last is not None:
            out.append(f"{x(t):.1f},{y(last):.1f}")
        out.append(f"{x(t):.1f},{y(value):.1f}")
        last = value
    return " ".join(out)


def _panel(title, lines, top):
    """One diagram of `{policy: [(second, value)]}`."""
    end = max(points[-1][0] for points in lines.values()) or 1
    high = max(max(value for _, value in points) for points in lines.values()) or 1

    def x(t):
        return LEFT + WIDTH * t / end

    def y(value):
        return top + HEIGHT - HEIGHT * value / high

    yield f'<text x="{LEFT}" y="{top - 8}">{escape(title)}: 0 to {high:g}, over {end:.0f} s</text>'
    yield f'<rect x="{LEFT}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#ccc"/>'
    for name, points in lines.items():
        yield (f'<polyline fill="none" stroke="{COLOURS.get(name, "#666")}" '
               f'stroke-width="{2 if name == "ours" else 1}" points="{_steps(points, x, y)}"/>')


def drawing(trace, runs):
    """The SVG of a trace; `runs` is {policy: run}."""
    replicas = {name: [(t, n) for t, n, _ in run["timeline"]] for name, run in runs.items()}
    backlog = {name: [(t, w) for t, _, w in run["timeline"]] for name, run in runs.items()}
    second = TOP + HEIGHT + GAP
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH + LEFT + 20}" height="{second + HEIGHT + 60}" '
           'font-family="sans-serif" font-size="13">')
    yield from _panel(f"{trace}, replicas", replicas, TOP)
    yield from _panel(f"{trace}, waiting jobs", backlog, second)
    for i, name in enumerate(runs):
        yield (f'<text x="{LEFT + 130 * i}" y="{second + HEIGHT + 30}" fill="{COLOURS.get(name, "#666")}">'
               f'{escape(name)}</text>')
    yield "</svg>"


def write(results, folder):
    os.makedirs(folder, exist_ok=True)
    for trace, by_policy in results.items():
        with open(os.path.join(folder, f"{trace}.svg"), "w") as f:
            f.writelines(line + "\n" for line in drawing(trace, {name: runs[0] for name, runs in by_policy.items()}))
