"""Figures: lines that a program reads, each with its goal. The form is that of tests/stack/src/figures.rs."""
import dataclasses
import statistics

from .policies import ORACLE, OURS


@dataclasses.dataclass
class Figure:
    """`relation` and `bound` are the goal: `>=`, `<=` or `=`."""
    name: str
    value: float
    unit: str
    relation: str
    bound: float

    def __str__(self):
        return f"figure {self.name} {round(self.value, 3):g} {self.unit} goal {self.relation}{self.bound:g}"


def of_runs(rows):
    """What `ours` is held against; a figure whose peers did not run is left out."""
    ours = {row["trace"]: row for row in rows if row["policy"] == OURS}
    out = [
        Figure("slo_mean_percent", 100 * statistics.mean(row["in_slo"] for row in ours.values()), "%", ">=", 99.5),
        Figure("traces_at_99_share", statistics.mean(row["in_slo"] >= .99 for row in ours.values()), "share", ">=", 0.88),
    ]
    for name, peer, bound in (("cost_vs_oracle", ORACLE, 1.5), ("cost_vs_keda", "keda_default", 0.55),
                              ("cost_vs_hpa", "hpa_cpu70", 0.8)):
        ratios = [ours[row["trace"]]["cost"] / row["cost"] for row in rows if row["policy"] == peer]
        if ratios:
            out.append(Figure(name, statistics.geometric_mean(ratios), "ratio", "<=", bound))
    out.append(Figure("interrupted", sum(row["interrupted"] for row in ours.values()), "jobs", "=", 0))
    return out


def write(figures):
    for figure in figures:
        print(figure)
