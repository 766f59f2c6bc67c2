//! The streams that are kept for the fuzzer, through the same checks without it: written
//! by hand, with telling names, or found by it.

use std::{fs, panic, path::Path};

use plain::{replies, requests};

mod plain {
    pub(crate) mod arrival;
    pub(crate) mod replies;
    pub(crate) mod requests;
}

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).expect("the corpus is there");
    let mut failed = Vec::new();
    let mut replayed = 0;
    for file in files {
        let path = file.expect("the folder can be read").path();
        let bytes = fs::read(&path).expect("each file can be read");
        if panic::catch_unwind(|| check(&bytes)).is_err() {
            failed.push(path);
        }
        replayed += 1;
    }
    assert!(failed.is_empty(), "of {replayed} files these failed: {failed:#?}");
    assert!(replayed > 0, "{} is empty", folder.display());
}

#[test]
fn each_stream_of_requests_is_read_as_the_plain_reference_reads_it() {
    replay("requests", requests::check);
}

#[test]
fn each_stream_of_replies_is_read_as_the_plain_reference_reads_it() {
    replay("replies", replies::check);
}
