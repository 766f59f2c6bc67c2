//! What is typed.

/// Text in pieces. Between two pieces heartbeats may go out.
pub(crate) struct Script(Vec<Vec<u8>>);

impl Script {
    /// Lines that look like something else on the wire, and a last line that lacks its newline.
    pub(crate) fn ambiguous(last_line: &[u8]) -> Self {
        Self::new(&[
            b"ok\nOK\nHeartBeat\nHEARTBEAT\nh\n",
            b"\x10HeartBeat\nHeartBeatX\nH\nHe\n\n",
            b"\x10\n\n\nin a line HeartBeatHeartBeat\x10HeartBeat\n",
            b"OK\0rtBeat\n",
            b"\0rtBeat\nOKHeartBeat\n",
            last_line,
        ])
    }

    /// A line, and a last one that lacks its newline.
    pub(crate) fn short(last_line: &[u8]) -> Self {
        Self::new(&[b"a\n", last_line])
    }

    /// Lines that the article's server echoes: it does not know the escape.
    pub(crate) fn for_the_articles_server() -> Self {
        Self::new(&[b"ok\nOK\nHEARTBEAT\n", b"o\n\nk\n", b"OK\0rtBeat\n", b"\0rtBeat\n", b"O"])
    }

    /// A line of a little more than two pieces, in which each ninth byte begins a token, and a
    /// short one.
    pub(crate) fn long() -> Self {
        Self::new(&[&b"HeartBeat".repeat(16_000), b"\nok\n"])
    }

    fn new(pieces: &[&[u8]]) -> Self {
        Self(pieces.iter().map(|piece| piece.to_vec()).collect())
    }

    pub(crate) fn pieces(&self) -> &[Vec<u8>] {
        &self.0
    }

    /// What must come out.
    pub(crate) fn echo(&self) -> Vec<u8> {
        self.0.concat().to_ascii_uppercase()
    }
}
