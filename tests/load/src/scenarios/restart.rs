//! How soon our clients are back when their server is started again.

use std::{io, time::Duration};

use tests::{binaries::json_command, event::any, program::Program};

use super::{restart as restart_server, start_server_on};
use crate::output::say;

const CLIENTS: usize = 40;

/// From the end of the old server's process to the start of the new one's.
const AWAY: [Duration; 3] = [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(1)];

/// Prints how soon idle clients are back, for each time that the server is away.
pub(super) fn restarts() -> io::Result<()> {
    for away in AWAY {
        let mut server = start_server_on("127.0.0.2:0")?;
        let clients = (0..CLIENTS).map(|_| {
            let mut client = json_command("client")?;
            client.args(["--reconnect", "--stay", "--server", &server.address]);
            let mut client = Program::start(&mut client)?;
            client.wait_for("connected", any)?;
            Ok(client)
        });
        let clients = clients.collect::<io::Result<Vec<_>>>()?;
        (server, _) = restart_server(server, away)?;
        let mut down = Vec::new();
        for mut client in clients {
            let back = client.wait_for("back", any)?;
            down.push(back.f64("down_s").ok_or_else(|| io::Error::other("no figure"))?);
        }
        drop(server);
        down.sort_by(f64::total_cmp);
        say(format_args!(
            "{CLIENTS} idle clients, server away for {:.1}s: back {:.1}s after the connection's \
             end at the median, {:.1}s at the earliest, {:.1}s at the latest",
            away.as_secs_f64(),
            down[CLIENTS / 2],
            down[0],
            down[CLIENTS - 1]
        ))?;
    }
    Ok(())
}
