//! Owns what is written to the terminal: results to standard output, everything else to standard error.
//!
//! Text that came from outside is written without control characters: a name must not steer the terminal.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
};

use crate::{fault::CliFault, text};

/// A result: one line to standard output.
pub(crate) fn line(text: &str) -> Result<(), CliFault> {
    writeln!(io::stdout().lock(), "{text}").map_err(|error| text::output_failed(error.kind()))
}

/// A word beside the result.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Why a command failed.
pub(crate) fn fault(fault: &CliFault) {
    note(&format!("{}: {}\n{}: {}", text::ERROR, printable(&fault.what), text::HINT, printable(&fault.hint)));
}

/// Whether standard output is a terminal that wants colour (<https://no-color.org>).
pub(crate) fn is_colourful() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !refused && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether somebody sees how it goes on.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Without what could move the cursor, change colours or reorder the line.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let steers = |character: char| {
        character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(steers) { Cow::Owned(text.replace(steers, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Columns under their headings; `colour` gives the escape sequence for a cell's row, if any.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    colours: Vec<Option<&'static str>>,
}

impl Table {
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|&heading| heading.to_owned()).collect()], colours: vec![None] }
    }

    /// A table that goes on.
    pub(crate) const fn bare() -> Self {
        Self { rows: Vec::new(), colours: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>, colour: Option<&'static str>) {
        self.rows.push(cells.into_iter().map(|cell| printable(&cell).into_owned()).collect());
        self.colours.push(colour);
    }

    pub(crate) fn print(&self, colourful: bool) -> Result<(), CliFault> {
        let widths = self.widths();
        for (row, colour) in self.rows.iter().zip(&self.colours) {
            let mut text = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let padding = if column + 1 == row.len() { 0 } else { width - cell.chars().count() + 2 };
                text.push_str(cell);
                text.extend(std::iter::repeat_n(' ', padding));
            }
            match colour.filter(|_| colourful) {
                Some(colour) => line(&format!("{colour}{text}\u{1b}[0m"))?,
                None => line(&text)?,
            }
        }
        Ok(())
    }

    /// Of each column, in characters.
    fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        for row in &self.rows {
            widths.resize(row.len().max(widths.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        widths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_steer_the_terminal() {
        assert_eq!(printable("имя 🙂"), "имя 🙂");
        assert_eq!(printable("a\u{1b}[31mb\r\n\u{202e}c"), "a\u{fffd}[31mb\u{fffd}\u{fffd}\u{fffd}c");
    }

    #[test]
    fn a_column_is_as_wide_as_its_widest_cell() {
        let mut table = Table::new(&["A", "NAME"]);
        table.row(["имя".to_owned(), "x".to_owned()], None);
        table.row(["long enough".to_owned(), String::new(), "third".to_owned()], None);
        assert_eq!(table.widths(), [11, 4, 5]);
        assert!(Table::bare().widths().is_empty());
    }
}
