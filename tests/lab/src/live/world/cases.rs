//! The open cases: which deed opens one, and who closes it.

use std::{mem, time::Duration};

use super::{
    World,
    case::{Case, Question},
    story::Kind,
};
use crate::{
    event::Role,
    live::input::{Deed, Who},
};

impl World {
    /// Opens the case of this deed: about the client that it is done to, or else about the chosen
    /// one. Asks for a guess.
    pub(super) fn open_case(&mut self, at: Duration, deed: &Deed) {
        let done_to = match deed {
            Deed::Stop { who: Who::Client(name) }
            | Deed::Kill { who: Who::Client(name) }
            | Deed::Reset { client: name }
            | Deed::Deafen { client: name } => self.clients.iter().find(|it| it.name == *name),
            _ => {
                let chosen = self.chosen().filter(|client| client.conn.is_some());
                chosen.or_else(|| self.clients.iter().find(|client| client.conn.is_some()))
            }
        };
        let Some(client) = done_to.filter(|client| client.conn.is_some()) else { return };
        let socket = client.port().and_then(|port| self.socket(Role::Client, port));
        let in_flight = socket.is_some_and(|socket| socket.unacked > 0);
        let name = client.name.clone();
        let Some(case) = Case::new(deed, at, &name, &client.settings, in_flight) else { return };
        self.drop_cases(|case| case.client == name);
        if self.is_broken(&name) {
            let text = format!("{name}: two faults at once; the rule predicts one at a time");
            self.story.tell(at, Kind::Outcome, text);
            return;
        }
        self.view.question = Some(Question::about(&case));
        self.cases.push(case);
    }

    /// Closes the cases whose fault this deed has ended.
    pub(super) fn close_undone(&mut self, at: Duration, deed: &Deed) {
        self.close(at, None, |case| case.undone_by.as_ref() == Some(deed));
    }

    /// Somebody has noticed that the connection of this client is dead.
    pub(super) fn noticed(&mut self, at: Duration, name: &str, by: Role) {
        self.close(at, Some(by), |case| case.client == name);
    }

    fn close(&mut self, at: Duration, noticed: Option<Role>, is_closed: impl Fn(&Case) -> bool) {
        for case in self.cases.iter().filter(|case| is_closed(case)) {
            self.story.tell(at, Kind::Outcome, case.outcome(noticed, at));
        }
        self.drop_cases(is_closed);
    }

    /// Forgets cases, and the question about one of them.
    pub(super) fn drop_cases(&mut self, is_dropped: impl Fn(&Case) -> bool) {
        let (dropped, open) = mem::take(&mut self.cases).into_iter().partition(|it| is_dropped(it));
        self.cases = open;
        let dropped: Vec<Case> = dropped;
        let asked = self.view.question.as_ref().map(|question| question.about);
        if dropped.iter().any(|case| Some(case.at) == asked) {
            self.view.question = None;
        }
    }
}
