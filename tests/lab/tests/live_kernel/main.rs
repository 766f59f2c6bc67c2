//! The kernel's figures, the tap and the reset, each in a network namespace of its own.

#[cfg(target_os = "linux")]
mod connection;
#[cfg(target_os = "linux")]
mod sampler;
#[cfg(target_os = "linux")]
mod watch;
#[cfg(target_os = "linux")]
mod wire;

fn main() {
    #[cfg(target_os = "linux")]
    tests::cases::run(&[&sampler::CASES[..], &wire::CASES].concat());
}
