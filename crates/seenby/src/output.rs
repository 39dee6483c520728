//! What a command prints. Unlike `println!`, writing fails without a panic: a full disk is an error like any other, and a
//! reader that goes away, such as `head`, ends the command quietly.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write as _};

/// Prints a line to standard output, where a caller can read it at once.
macro_rules! line {
    ($($text:tt)*) => {
        $crate::output::write_line(format_args!($($text)*))
    };
}
pub(crate) use line;

pub fn write_line(text: Arguments<'_>) -> io::Result<()> {
    write(format_args!("{text}\n"))
}

pub fn write(text: Arguments<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_fmt(text)?;
    out.flush()
}

/// A text of people, such as a name, without what would move the cursor, begin a line or turn round what stands beside it.
/// These characters are shown as escapes.
pub fn harmless(text: &str) -> String {
    let shown = |c: char| match c.is_control() || BIDI_CONTROLS.contains(&c) {
        true => c.escape_unicode().to_string(),
        false => c.to_string(),
    };
    text.chars().map(shown).collect()
}

/// Embeddings, overrides and isolates (UAX #9, section 2), which last up to the end of the line. Arabic and Hebrew need none.
const BIDI_CONTROLS: [char; 9] =
    ['\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}'];

/// Tells the person at the terminal, as far as there is one.
pub fn complain(text: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether a command failed only because nobody reads what it prints.
pub fn has_no_reader(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_change_the_rest_of_the_line_is_escaped() {
        assert_eq!(harmless("Ann\u{202e}a\n\u{1b}[2J"), r"Ann\u{202e}a\u{a}\u{1b}[2J");
        for name in ["Zoë O'Brien", "病房 3", "مريم", "\"x\" \\ y"] {
            assert_eq!(harmless(name), name);
        }
    }
}
