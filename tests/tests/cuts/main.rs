//! Real cuts, where there are networks to cut.

#[cfg(unix)]
mod cases;

fn main() {
    #[cfg(unix)]
    cases::run();
}
