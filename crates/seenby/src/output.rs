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

/// Tells the person at the terminal, as far as there is one.
pub fn complain(text: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether a command failed only because nobody reads what it prints.
pub fn has_no_reader(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
