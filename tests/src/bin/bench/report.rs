//! Owns what is printed: a line for each figure, and whether its gate holds.

use std::process::ExitCode;

#[derive(Default)]
pub(crate) struct Report {
    missed: Vec<String>,
}

impl Report {
    /// Where a group of figures begins, with how they are measured.
    pub(crate) fn part(&self, title: &str) {
        println!("\n{title}");
    }

    /// A figure without a gate.
    pub(crate) fn figure(&self, what: &str, value: &str) {
        println!("  {what:<58} {value}");
    }

    /// A figure that must be at least `gate`.
    pub(crate) fn at_least(&mut self, what: &str, value: f64, gate: f64, aim: f64) {
        self.judge(what, value, value >= gate, &format!("at least {gate}, aim {aim}"));
    }

    /// A figure that must be at most `gate`.
    pub(crate) fn at_most(&mut self, what: &str, value: f64, gate: f64) {
        self.judge(what, value, value <= gate, &format!("at most {gate}"));
    }

    /// A figure with an aim that is told, not enforced.
    pub(crate) fn aim(&self, what: &str, value: f64, unit: &str, aim: f64) {
        let reached = if value <= aim { "reached" } else { "NOT reached" };
        println!("  {what:<58} {value:>8.2} {unit}   aim {aim}: {reached}");
    }

    fn judge(&mut self, what: &str, value: f64, holds: bool, gate: &str) {
        println!("  {what:<58} {value:>8.3}   {gate}: {}", if holds { "holds" } else { "MISSED" });
        if !holds {
            self.missed.push(format!("{what}: {value:.3}, wanted {gate}"));
        }
    }

    pub(crate) fn finish(self) -> ExitCode {
        if self.missed.is_empty() {
            println!("\nevery gate holds");
            return ExitCode::SUCCESS;
        }
        println!("\nmissed gates:");
        self.missed.iter().for_each(|missed| println!("  {missed}"));
        ExitCode::FAILURE
    }
}
