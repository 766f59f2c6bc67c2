//! Real cuts, on the systems that have network namespaces.

#[cfg(unix)]
mod cases;
#[cfg(unix)]
mod diagnose;
#[cfg(unix)]
mod reconnect;

fn main() {
    #[cfg(unix)]
    tests::cases::run_with_examples(
        &[&cases::CASES[..], &reconnect::CASES, &diagnose::CASES].concat(),
        &[("common", "diagnose")],
    );
}
