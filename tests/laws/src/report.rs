//! The matrix law × adapter: what is printed, and when it has failed.

use std::process::ExitCode;

use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};

use crate::run::{Cell, Column, Outcome};

/// The laws of one port, by adapter.
pub struct Matrix {
    port: &'static str,
    columns: Vec<Column>,
}

impl Matrix {
    /// The matrix of a port whose laws ran on these adapters.
    pub fn of(port: &'static str, columns: Vec<Column>) -> Self {
        Self { port, columns }
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        let adapters = self.columns.iter().map(|column| column.adapter.to_owned());
        table.set_header(std::iter::once(self.port.to_owned()).chain(adapters));
        for Cell { law, .. } in self.laws() {
            let cells = self.columns.iter().map(|column| match column.outcome(law) {
                Some(Outcome::Holds) => "holds",
                Some(Outcome::Broken(_)) => "BROKEN",
                Some(Outcome::Skipped) => "skipped",
                Some(Outcome::Inapplicable) => "–",
                None => "MISSING",
            });
            table.add_row(std::iter::once(*law).chain(cells));
        }
        table
    }

    /// What the dashes in the table mean, where there are any.
    fn footnote(&self) -> Option<String> {
        let inapplicable = |column: &&Column| column.cells.iter().any(|cell| cell.outcome == Outcome::Inapplicable);
        let adapters: Vec<&str> = self.columns.iter().filter(inapplicable).map(|column| column.adapter).collect();
        (!adapters.is_empty()).then(|| {
            format!("– is about a dead server in a process of its own; there is none behind {}", adapters.join(", "))
        })
    }

    /// What is wrong beside broken laws: a law that did not run where it can be asked, or nowhere, or an adapter whose
    /// server no law killed.
    fn holes(&self) -> Vec<String> {
        let mut holes = Vec::new();
        for column in &self.columns {
            let adapter = column.adapter;
            let due: Vec<_> = self.laws().iter().filter(|cell| cell.requires.is_met(column.has_server)).collect();
            let ran = due.iter().filter(|cell| column.ran(cell.law)).count();
            if ran == 0 || ran < due.len() {
                holes.push(format!("{} on {adapter}: {ran} of {} laws ran", self.port, due.len()));
            }
            if column.kills == 0 {
                holes.push(format!("{} on {adapter}: no law killed the server", self.port));
            }
        }
        for Cell { law, .. } in self.laws() {
            if !self.columns.iter().any(|column| column.ran(law)) {
                holes.push(format!("{}: {law} ran on no adapter", self.port));
            }
        }
        holes
    }

    /// All laws of the port: those of the adapter that knows most of them.
    fn laws(&self) -> &[Cell] {
        let most = self.columns.iter().map(|column| column.cells.as_slice()).max_by_key(|cells| cells.len());
        most.unwrap_or_default()
    }
}

impl Column {
    fn outcome(&self, law: &str) -> Option<&Outcome> {
        self.cells.iter().find(|cell| cell.law == law).map(|cell| &cell.outcome)
    }

    fn ran(&self, law: &str) -> bool {
        matches!(self.outcome(law), Some(Outcome::Holds | Outcome::Broken(_)))
    }
}

/// Prints the matrix of each port, then what is broken, then the count. With a filter, holes are no failure.
#[expect(clippy::print_stdout, reason = "the matrix is what this program is for")]
pub fn print(ports: &[Matrix], filtered: bool) -> ExitCode {
    let (mut passed, mut failed) = (0, 0);
    for matrix in ports {
        println!("{}", matrix.table());
        if let Some(footnote) = matrix.footnote() {
            println!("{footnote}");
        }
        for column in &matrix.columns {
            for Cell { law, outcome, .. } in &column.cells {
                match outcome {
                    Outcome::Holds => passed += 1,
                    Outcome::Broken(why) => {
                        failed += 1;
                        println!("BROKEN {law} on {}: {why}", column.adapter);
                    }
                    Outcome::Skipped | Outcome::Inapplicable => {}
                }
            }
        }
        for hole in matrix.holes().iter().filter(|_| !filtered) {
            failed += 1;
            println!("HOLE {hole}");
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests;
