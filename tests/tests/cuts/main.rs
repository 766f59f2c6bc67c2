//! Real cuts, on the systems that have network namespaces.

#[cfg(unix)]
mod cases;

fn main() {
    #[cfg(unix)]
    tests::cases::run(&cases::CASES);
}
