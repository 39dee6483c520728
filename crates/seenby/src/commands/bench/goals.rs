//! The goals, and whether they are reached.
