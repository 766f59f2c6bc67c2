//! Real cuts, on the systems that have network namespaces.

#[cfg(unix)]
mod cases;
#[cfg(unix)]
mod reconnect;

fn main() {
    #[cfg(unix)]
    tests::cases::run(&[&cases::CASES[..], &reconnect::CASES].concat());
}
