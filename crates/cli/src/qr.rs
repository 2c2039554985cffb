//! Owns drawing a link as a QR code for a terminal, two rows of it in one line of text.

use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};

/// Black on white whatever the terminal's colours are: not every camera reads the reverse.
const BEGIN: &str = "\u{1b}[38;5;16;48;5;231m";
const END: &str = "\u{1b}[0m";

/// The code, in lines; none for a text that is too long for one.
pub(crate) fn draw(text: &str) -> Option<String> {
    // A screen is not dirty: the least correction makes the smallest code.
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let drawn = code.render::<Dense1x2>().build();
    Some(drawn.lines().map(|line| format!("{BEGIN}{line}{END}")).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_fits_on_a_screen() {
        let link = format!("http://192.168.100.200:8000/connect/{}", "x".repeat(43));
        let drawn = draw(&link).unwrap();
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines.len() <= 24, "{} lines", lines.len());
        assert!(lines.iter().all(|line| line.starts_with(BEGIN) && line.ends_with(END)));
        assert!(draw(&"x".repeat(4000)).is_none());
    }
}
