//! Clients of every kind at once. `load --soak 10m` does the same for longer.
#![cfg(target_os = "linux")]

use std::time::Duration;

use load::soak::Soak;

#[test]
fn clients_of_every_kind_get_every_reply_and_leave_nothing_behind() {
    // The last clients take some seconds more.
    let soak = Soak { duration: Duration::from_secs(15), clients: 64, seed: fastrand::u32(..) };
    let found = soak.run(|_| ()).unwrap_or_else(|error| panic!("{soak:?}: {error}"));
    let account = found.account;
    assert!(account.echoed > 0, "no client got an echo: {account}");
    assert!(account.heartbeats > 0, "no heartbeat was answered: {account}");
    assert!(account.abandoned > 0, "no client left before its echo: {account}");
    assert!(account.again > 0, "no line was sent again: {account}");
    assert!(account.evicted > 0, "no client was evicted: {account}");
    assert!(account.died > 0, "no client died: {account}");
}
