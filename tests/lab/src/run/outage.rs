//! Runs a scene that the session outlives: the connection dies, and the client is back.

use std::{io, time::Duration};

use super::{SETTLING, check_alive, warm_up, watch};
use crate::{
    compare::patience,
    event::Role,
    predict::fault::Detection,
    programs::{Deed, Programs},
    scene::{NEVER, Outage},
    settings::Settings,
};

/// Returns the moment of the fault.
pub(super) fn play(
    outage: Outage,
    programs: &mut Programs<'_>,
    settings: &Settings,
    predicted: &[(Role, Vec<Detection>)],
) -> io::Result<Duration> {
    warm_up(programs, settings);
    check_alive(&programs.watch.observer)?;
    let fault = programs.watch.observer.now();
    match outage {
        Outage::Restart => programs.act(Deed::Kill(Role::Server), "server killed (SIGKILL)")?,
        Outage::Hang => {
            programs.act(Deed::Stop(Role::Server), "first server stopped (SIGSTOP)")?;
            programs.type_in("who answers?\n");
        }
        Outage::Cut => programs.act(Deed::Cut, "network cut")?,
    }
    let end = outage.lasts(settings).map(|lasts| fault + lasts);
    let client: Vec<_> =
        predicted.iter().filter(|(role, _)| *role == Role::Client).cloned().collect();
    watch(programs, &client, NEVER);

    if let Some(end) = end {
        programs.type_in("still there?\n");
        let left = end.saturating_sub(programs.watch.observer.now());
        programs.watch.follow(left, |_| false);
    }
    match outage {
        Outage::Restart => programs.act(Deed::Restart, "server started again")?,
        Outage::Hang => {}
        Outage::Cut => programs.act(Deed::Mend, "network mended")?,
    }
    if let Some(back) = outage.back(settings) {
        let limit = (fault + patience(back)).saturating_sub(programs.watch.observer.now());
        let watch = &mut programs.watch;
        watch.follow(limit, |observer| observer.back.is_some() && observer.is_answered());
    }
    programs.watch.follow(SETTLING, |_| false);
    Ok(fault)
}
