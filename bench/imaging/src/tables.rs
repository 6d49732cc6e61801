//! What was measured, as tables: each photo's medians, and everything about each contender.

use comfy_table::Table;
use photo_bench_imaging::{
    photo_set::Photo,
    table::{numbers_right, rounded, table},
};
use photo_stack::figures::number;

use crate::{
    contender::Contender,
    figures::{Results, megabytes},
    fleet::Peer,
    job::Job,
    jpeg_form,
    quality::Outputs,
    samples::Time,
};

/// Who the contenders are.
pub(crate) fn of_programs(peers: &[Peer]) -> Table {
    let mut table = table(["contender", "versions", "settings"]);
    for peer in peers {
        table.add_row([peer.contender.name(), peer.greeting.versions.clone(), peer.greeting.settings.clone()]);
    }
    table
}

/// The median milliseconds of each photo, and their sums.
pub(crate) fn of_photos(results: &Results, job: Job, contenders: &[Contender], photos: &[Photo]) -> Table {
    let what = match job {
        Job::Full => "full job, ms",
        Job::Thumbs => "thumbnails, ms",
    };
    let mut table = table([what.to_owned()].into_iter().chain(contenders.iter().map(|contender| contender.name())));
    let samples = &results.samples;
    for photo in photos {
        let medians = contenders.iter().map(|by| samples.median(*by, job, &photo.path, Time::Wall));
        table.add_row([photo.name.clone()].into_iter().chain(medians.map(|median| rounded(median, 1))));
    }
    let totals = contenders.iter().map(|by| samples.total(*by, job, Time::Wall));
    table.add_row(["sum".to_owned()].into_iter().chain(totals.map(|total| rounded(total, 0))));
    numbers_right(table)
}

/// A row for each contender.
pub(crate) fn of_contenders(results: &Results, contenders: &[Contender]) -> Table {
    let mut table = table([
        "contender",
        "job ms",
        "CPU ms",
        "thumbs ms",
        "CPU ms",
        "photos/s of 2",
        "MB at 24 MP",
        "kB whole",
        "kB thumbs",
        "SSIM whole",
        "SSIM thumbs",
        "worst SSIM",
        "colour off by",
    ]);
    for by in contenders.iter().copied() {
        let total = |job, time| rounded(results.samples.total(by, job, time), 0);
        let bytes = |outputs| rounded(Some(number(results.quality.bytes(by, outputs)) / 1000.0), 0);
        let ssim = |outputs| rounded(results.quality.ssim(by, outputs), 4);
        table.add_row([
            by.name(),
            total(Job::Full, Time::Wall),
            total(Job::Full, Time::Cpu),
            total(Job::Thumbs, Time::Wall),
            total(Job::Thumbs, Time::Cpu),
            rounded(results.rate(by), 1),
            rounded(results.peaks.get(&by).map(|kib| megabytes(*kib)), 0),
            bytes(Outputs::Whole),
            bytes(Outputs::Thumbnails),
            ssim(Outputs::Whole),
            ssim(Outputs::Thumbnails),
            rounded(results.quality.worst_ssim(by), 3),
            rounded(Some(results.quality.colour(by)), 1),
        ]);
    }
    numbers_right(table)
}

/// What kind of files each makes.
pub(crate) fn of_forms(results: &Results, contenders: &[Contender]) -> Table {
    let mut table = table(["contender", "its files"]);
    for by in contenders {
        table.add_row([by.name(), jpeg_form::summary(&results.quality.forms(*by))]);
    }
    table
}
