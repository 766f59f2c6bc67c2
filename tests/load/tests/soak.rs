//! Clients of every kind at once; the long version is `load --soak 10m`.
#![cfg(target_os = "linux")]

use std::time::Duration;

use load::soak::{Plan, soak};

#[test]
fn clients_of_every_kind_get_all_they_must_and_leave_nothing_behind() {
    // The last clients take some seconds more.
    let plan = Plan { duration: Duration::from_secs(15), clients: 64, seed: fastrand::u32(..) };
    let account = soak(plan, |_| ()).unwrap_or_else(|error| panic!("{plan:?}: {error}")).account;
    // Each of the kinds was there.
    assert!(account.echoed > 0 && account.acknowledged > 0, "{account}");
    assert!(account.abandoned > 0 && account.evicted > 0 && account.died > 0, "{account}");
}
