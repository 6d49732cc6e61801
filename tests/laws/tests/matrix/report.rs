//! The matrix law × adapter: what is printed, and when it has failed.

use std::process::ExitCode;

use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};

use crate::run::{Cell, Column};

/// The laws of one port, by adapter.
pub(crate) struct Matrix {
    port: &'static str,
    columns: Vec<Column>,
}

impl Matrix {
    pub(crate) fn of(port: &'static str, columns: Vec<Column>) -> Self {
        Self { port, columns }
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        let adapters = self.columns.iter().map(|column| column.adapter.to_owned());
        table.set_header(std::iter::once(self.port.to_owned()).chain(adapters));
        let names = self.columns.first().into_iter().flat_map(|column| &column.cells).map(|(name, _)| *name);
        for (row, name) in names.enumerate() {
            let cells = self.columns.iter().map(|column| match column.cells.get(row) {
                Some((_, Cell::Holds)) => "holds",
                Some((_, Cell::Broken(_))) => "BROKEN",
                Some((_, Cell::Skipped)) => "skipped",
                None => "MISSING",
            });
            table.add_row(std::iter::once(name).chain(cells));
        }
        table
    }

    /// What is wrong beside broken laws: an adapter on which fewer laws ran, or whose server no law killed.
    fn holes(&self) -> Vec<String> {
        let most = self.columns.iter().map(|column| column.cells.len()).max().unwrap_or_default();
        let mut holes = Vec::new();
        for Column { adapter, cells, kills } in &self.columns {
            let ran = cells.iter().filter(|(_, cell)| !matches!(cell, Cell::Skipped)).count();
            if ran == 0 || ran < most {
                holes.push(format!("{} on {adapter}: {ran} of {most} laws ran", self.port));
            }
            if *kills == 0 {
                holes.push(format!("{} on {adapter}: no law killed the server", self.port));
            }
        }
        holes
    }
}

/// Prints the matrix of each port, then what is broken, then the count. With a filter, holes are no failure.
#[expect(clippy::print_stdout, reason = "the matrix is what this program is for")]
pub(crate) fn print(ports: &[Matrix], filtered: bool) -> ExitCode {
    let (mut passed, mut failed) = (0, 0);
    for matrix in ports {
        println!("{}", matrix.table());
        for column in &matrix.columns {
            for (law, cell) in &column.cells {
                match cell {
                    Cell::Holds => passed += 1,
                    Cell::Broken(why) => {
                        failed += 1;
                        println!("BROKEN {law} on {}: {why}", column.adapter);
                    }
                    Cell::Skipped => {}
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
