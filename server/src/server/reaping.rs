//! The reaper's thread: runs the [`reaper`] over the server's queue, and stops the server if that
//! panics.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use crossbeam_channel::RecvTimeoutError;
use tracing::error;

use super::Server;
use crate::{connection::Connection, reaper, stopper::Stop, timeout_queue::Expired};

impl Server {
    /// The reaper's thread. A panic stops the server: without evictions it would fill with dead
    /// clients, and nobody would notice.
    pub(super) fn reap_or_stop(&self) -> Stop {
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.reap())) else {
            return Stop::Asked;
        };
        let panic = message_of(&*panic);
        error!(
            event = "reaper_failed",
            panic, "the reaper panicked: {panic}, so silent clients would stay; stopping"
        );
        self.stopper.stop();
        Stop::Failed
    }

    fn reap(&self) {
        let sleep = |deadline| match self.stop.recv_deadline(deadline) {
            Err(RecvTimeoutError::Timeout) => Some(Instant::now()),
            Err(RecvTimeoutError::Disconnected) => None,
            Ok(never) => match never {},
        };
        let timeout = self.config.timeout.get();
        let judge = |connection: &Arc<Connection>, heard| connection.judge(timeout, heard);
        let evict = |Expired { item, silent }: Expired<Arc<Connection>>| item.evict(silent);
        reaper::run(&self.queue, Instant::now(), sleep, judge, evict);
    }
}

/// What a panic says.
fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
