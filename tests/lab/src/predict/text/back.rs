//! When the client is back, as text.

use std::time::Duration;

use client::servers::STABLE;

use super::{Back, WIDTH, cells, plain};
use crate::{draw::hanging, predict::fault::Window};

/// The table of a client with `--reconnect`, and what it assumes.
pub(super) fn lines(all: &[Back]) -> Vec<String> {
    let mut lines = vec![
        "\nHOW LONG AFTER A FAULT A CLIENT WITH --reconnect IS BACK".to_owned(),
        cells("what happens to its server", "it knows", "how long after", "after a long fault"),
    ];
    let when =
        |window: Option<Window>| window.map_or("never".to_owned(), |window| window.when(plain));
    for back in all {
        let wait = back.longest_wait_s.map(Duration::from_secs_f64);
        let wait = wait.map(|wait| format!("within {}", plain(wait)));
        let wait = wait.unwrap_or_default();
        lines.push(cells(back.what, "one server", &when(back.one_server), &wait));
        lines.push(cells("", "two servers", &when(back.two_servers), ""));
    }
    let columns = "With one server: if it is healthy again when the client first tries. With two \
                   (--server twice): if the second one is healthy, while the first one stays as it \
                   is. After a long fault: so soon after its end, if the client knows one server.";
    let assumed = format!(
        "Each pause before an attempt is drawn at random between its bounds. To connect and to be \
         answered takes two round trips more. Assumed: the connection has lived for {} or longer; \
         --give-up-after is longer than all this; and Linux, whose kernel tells a silent service \
         from a silent host.",
        plain(STABLE)
    );
    lines.extend([columns, &assumed].map(|text| hanging("  ", text, WIDTH)));
    lines
}
