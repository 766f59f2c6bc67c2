//! Host names with several addresses, dead addresses and zones, on the systems that have network
//! namespaces.

#[cfg(unix)]
mod cases;
#[cfg(unix)]
mod surroundings;

fn main() {
    #[cfg(unix)]
    tests::cases::run(&cases::CASES);
}
