"""Tables of what was measured: a row per trace and policy, each the mean of its seeds."""
import statistics

from .policies import ORACLE

MEANS = ("jobs", "p50", "p95", "p99", "in_slo", "cost", "changes", "reversals", "max_backlog")


def rows(results, names):
    out = []
    for trace, by_policy in results.items():
        for name in names:
            runs = by_policy[name]
            row = {key: statistics.mean(run[key] for run in runs) for key in MEANS}
            row.update(trace=trace, policy=name, interrupted=sum(run["interrupted"] for run in runs),
                       unfinished=sum(run["jobs"] - run["done"] for run in runs))
            if ORACLE in by_policy:
                row["vs_oracle"] = row["cost"] / statistics.mean(run["cost"] for run in by_policy[ORACLE])
            out.append(row)
    return out


def summary(rows, names):
    yield "| policy | in SLO, mean % | in SLO, worst % | traces with 99 % | cost / oracle | changes | reversals | interrupted |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for name in names:
        own = [row for row in rows if row["policy"] == name]
        ratios = [row["vs_oracle"] for row in own if "vs_oracle" in row]
        ratio = f"{statistics.geometric_mean(ratios):.2f}" if ratios else "-"
        yield (f"| {name} | {100 * statistics.mean(row['in_slo'] for row in own):.2f} "
               f"| {100 * min(row['in_slo'] for row in own):.2f} "
               f"| {sum(row['in_slo'] >= .99 for row in own)}/{len(own)} | {ratio} "
               f"| {statistics.mean(row['changes'] for row in own):.0f} "
               f"| {statistics.mean(row['reversals'] for row in own):.0f} | {sum(row['interrupted'] for row in own)} |")


def details(rows):
    yield "| trace | policy | p50 s | p95 s | p99 s | in SLO % | replica-s | / oracle | changes | reversals | interrupted | backlog |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for row in rows:
        yield (f"| {row['trace']} | {row['policy']} | {row['p50']:.1f} | {row['p95']:.1f} | {row['p99']:.1f} "
               f"| {100 * row['in_slo']:.2f} | {row['cost']:.0f} | {row.get('vs_oracle', float('nan')):.2f} "
               f"| {row['changes']:.0f} | {row['reversals']:.0f} | {row['interrupted']} | {row['max_backlog']:.0f} |")


def write(rows, names, path):
    for line in summary(rows, names):
        print(line)
    if path:
        with open(path, "w") as f:
            f.writelines(line + "\n" for line in details(rows))
