//! The figures that the measurements come to, each with its goal.

use photo_stack::figures::{Figure, Goal, number};

use crate::{
    contender::Contender,
    results::{Measure, Results},
};

/// A figure of two contenders: how many times as much the first has.
#[derive(Debug, Clone, Copy)]
struct Ratio {
    name: &'static str,
    of: Contender,
    to: Contender,
    measure: Measure,
    goal: Goal,
}

const fn ratio(name: &'static str, of: Contender, measure: Measure, goal: Goal) -> Ratio {
    Ratio { name, of, to: Contender::NodeOnceTwoArenas, measure, goal }
}

/// Against the strongest, where nothing else is said.
const RATIOS: [Ratio; 9] = [
    ratio("path_photos_ratio", Contender::Ours, Measure::Photos, Goal::AtLeast(1.7)),
    ratio("path_cpu_ratio", Contender::Ours, Measure::Cpu, Goal::AtMost(0.57)),
    ratio("path_rss_ratio", Contender::Ours, Measure::WorkerPeak, Goal::AtMost(0.5)),
    ratio("path_bytes_ratio", Contender::Ours, Measure::Bytes, Goal::AtMost(1.01)),
    ratio("path_fast_photos_ratio", Contender::OursFast, Measure::Photos, Goal::AtLeast(2.0)),
    ratio("path_fast_cpu_ratio", Contender::OursFast, Measure::Cpu, Goal::AtMost(0.5)),
    ratio("path_fast_rss_ratio", Contender::OursFast, Measure::WorkerPeak, Goal::Peer),
    ratio("path_fast_bytes_ratio", Contender::OursFast, Measure::Bytes, Goal::AtMost(1.03)),
    Ratio {
        name: "path_photos_ratio_typical",
        of: Contender::Ours,
        to: Contender::NodeClone,
        measure: Measure::Photos,
        goal: Goal::AtLeast(2.5),
    },
];

/// The names of a contender's own numbers: photos per second, p50, p99, processor time, the worker's peak.
const ABSOLUTES: [(Contender, [&str; 5]); 5] = [
    (
        Contender::Ours,
        ["path_photos_per_s", "path_p50_ms", "path_p99_ms", "path_cpu_ms_per_photo", "path_worker_peak_mb"],
    ),
    (
        Contender::OursFast,
        [
            "path_fast_photos_per_s",
            "path_fast_p50_ms",
            "path_fast_p99_ms",
            "path_fast_cpu_ms_per_photo",
            "path_fast_worker_peak_mb",
        ],
    ),
    (
        Contender::NodeOnceTwoArenas,
        [
            "path_node_photos_per_s",
            "path_node_p50_ms",
            "path_node_p99_ms",
            "path_node_cpu_ms_per_photo",
            "path_node_worker_peak_mb",
        ],
    ),
    (
        Contender::NodeOnce,
        [
            "path_node_all_arenas_photos_per_s",
            "path_node_all_arenas_p50_ms",
            "path_node_all_arenas_p99_ms",
            "path_node_all_arenas_cpu_ms_per_photo",
            "path_node_all_arenas_worker_peak_mb",
        ],
    ),
    (
        Contender::NodeClone,
        [
            "path_node_clone_photos_per_s",
            "path_node_clone_p50_ms",
            "path_node_clone_p99_ms",
            "path_node_clone_cpu_ms_per_photo",
            "path_node_clone_worker_peak_mb",
        ],
    ),
];

/// All figures whose contenders took part. Numbers of their own have no goal.
pub(crate) fn of(results: &Results) -> Vec<Figure> {
    let ratios = RATIOS.into_iter().filter_map(|ratio| {
        let value = results.ratio(ratio.of, ratio.to, ratio.measure)?;
        Some(Figure { name: ratio.name, value, unit: "times", goal: ratio.goal })
    });
    let absolutes = ABSOLUTES.into_iter().flat_map(|(by, names)| {
        let values = [
            (results.value(by, Measure::Photos), "1/s"),
            (results.milliseconds(by, 50).map(number), "ms"),
            (results.milliseconds(by, 99).map(number), "ms"),
            (results.value(by, Measure::Cpu), "ms"),
            (results.value(by, Measure::WorkerPeak).map(megabytes), "MB"),
        ];
        let named = names.into_iter().zip(values);
        named.filter_map(|(name, (value, unit))| Some(Figure { name, value: value?, unit, goal: Goal::Peer }))
    });
    ratios.chain(absolutes).collect()
}

/// Millions of bytes.
pub(crate) fn megabytes(bytes: f64) -> f64 {
    bytes / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::samples::results;

    #[test]
    fn figures_are_of_those_who_took_part() {
        let lines: Vec<String> = of(&results()).iter().map(ToString::to_string).collect();
        let ratios = [
            "figure path_photos_ratio 2 times goal >=1.7",
            "figure path_cpu_ratio 0.5 times goal <=0.57",
            "figure path_rss_ratio 0.25 times goal <=0.5",
            "figure path_bytes_ratio 1 times goal <=1.01",
            "figure path_photos_ratio_typical 3 times goal >=2.5",
            "figure path_photos_per_s 1.5 1/s goal peer",
            "figure path_p50_ms 300 ms goal peer",
        ];
        assert_eq!(lines.iter().take(7).collect::<Vec<_>>(), ratios.iter().collect::<Vec<_>>());
        assert_eq!(lines.last().map(String::as_str), Some("figure path_node_clone_worker_peak_mb 900 MB goal peer"));
    }
}
