use photo_core::contract::Requires;

use super::*;

const HOLDS: Outcome = Outcome::Holds;
const SKIPPED: Outcome = Outcome::Skipped;
const INAPPLICABLE: Outcome = Outcome::Inapplicable;

/// A column of two laws, of which the second is about a dead server.
fn column(adapter: &'static str, has_server: bool, outcomes: [Outcome; 2]) -> Column {
    let [first, second] = outcomes;
    let cells = vec![
        Cell { law: "jobs_come_in_order", requires: Requires::Adapter, outcome: first },
        Cell { law: "a_dead_server_is_unavailable", requires: Requires::Server, outcome: second },
    ];
    Column { adapter, has_server, cells, kills: 1 }
}

fn holes(columns: Vec<Column>) -> Vec<String> {
    Matrix::of("JobQueue", columns).holes()
}

#[test]
fn a_law_about_a_server_is_a_dash_where_there_is_none_and_no_hole() {
    let matrix = Matrix::of(
        "JobQueue",
        vec![column("BullMQ", true, [HOLDS, HOLDS]), column("Memory", false, [HOLDS, INAPPLICABLE])],
    );
    assert_eq!(matrix.holes(), [""; 0]);
    assert_eq!(
        matrix.footnote().unwrap(),
        "– is about a dead server in a process of its own; there is none behind Memory"
    );
    let table = matrix.table().to_string();
    let dashes: Vec<&str> = table.lines().filter(|line| line.contains('–')).collect();
    assert!(matches!(dashes.as_slice(), [line] if line.contains("a_dead_server_is_unavailable")), "{table}");
}

#[test]
fn an_adapter_with_a_server_owes_every_law() {
    for outcome in [SKIPPED, INAPPLICABLE] {
        let columns = vec![column("Redis", true, [HOLDS, HOLDS]), column("BullMQ", true, [HOLDS, outcome])];
        assert_eq!(holes(columns), ["JobQueue on BullMQ: 1 of 2 laws ran"]);
    }
}

#[test]
fn an_adapter_without_a_server_owes_every_other_law() {
    for outcome in [SKIPPED, INAPPLICABLE] {
        let columns = vec![column("BullMQ", true, [HOLDS, HOLDS]), column("Memory", false, [outcome, INAPPLICABLE])];
        assert_eq!(holes(columns), ["JobQueue on Memory: 0 of 1 laws ran"]);
    }
}

#[test]
fn a_law_that_an_adapter_does_not_know_is_a_hole() {
    let mut short = column("BullMQ", true, [HOLDS, HOLDS]);
    short.cells.pop();
    assert_eq!(holes(vec![short, column("Redis", true, [HOLDS, HOLDS])]), ["JobQueue on BullMQ: 1 of 2 laws ran"]);
}

#[test]
fn a_law_that_ran_nowhere_is_a_hole() {
    let found = holes(vec![column("Memory", false, [HOLDS, INAPPLICABLE])]);
    assert_eq!(found, ["JobQueue: a_dead_server_is_unavailable ran on no adapter"]);
}

#[test]
fn an_adapter_that_was_never_killed_is_a_hole() {
    let unharmed = Column { kills: 0, ..column("BullMQ", true, [HOLDS, HOLDS]) };
    assert_eq!(holes(vec![unharmed]), ["JobQueue on BullMQ: no law killed the server"]);
}

#[test]
fn a_broken_law_ran() {
    let broken = Outcome::Broken("it came twice".to_owned());
    assert_eq!(holes(vec![column("BullMQ", true, [broken, HOLDS])]), [""; 0]);
}
