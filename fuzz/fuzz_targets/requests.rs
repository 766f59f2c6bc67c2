//! The server's reader under cuts and streams that a fuzzer chooses.

#![no_main]
#![forbid(unsafe_code)]

use libfuzzer_sys::fuzz_target;

#[path = "../../common/tests/plain"]
mod plain {
    pub(crate) mod arrival;
    pub(crate) mod requests;
}

fuzz_target!(|bytes: &[u8]| plain::requests::check(bytes));
