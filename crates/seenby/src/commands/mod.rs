//! One file for each family of commands.

pub mod administer;
pub mod bench;
pub mod demo;
pub mod restored;
pub mod serve;
