//! Runs one of the small pieces for a tool that counts instructions, which are the same whatever else the machine does. See
//! `scripts/bench-check`.

mod cases;

/// The tool counts only what happens in here.
#[inline(never)]
fn measured(work: &mut dyn FnMut()) {
    work();
}

fn main() {
    let Some(wanted) = std::env::args().nth(1).filter(|argument| !argument.starts_with("--")) else {
        cases::CASES.iter().for_each(|(name, _)| println!("{name}"));
        return;
    };
    let (_, prepare) =
        cases::CASES.into_iter().find(|(name, _)| *name == wanted).expect("one of those that are listed");
    let mut work = prepare();
    // The first round grows buffers that later ones find.
    work();
    measured(&mut work);
}
