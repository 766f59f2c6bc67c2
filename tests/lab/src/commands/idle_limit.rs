//! The command `lab idle-limit`.

use std::{
    io::{self, Write as _},
    process,
    time::{Duration, Instant},
};

use common::{
    args,
    period::Period,
    start::{keep_ignored_signals, on_interrupt},
};
use indicatif::{ProgressBar, ProgressStyle};
use lab::{
    draw::terminal::columns_of_stdout,
    idle_limit::{
        fate::Fate, measure::measure, plan::Plan, report::Report, text::announcement, watch::Watch,
    },
};

use crate::{AsPredicted, Failure};

#[derive(clap::Args)]
pub(crate) struct IdleLimitArgs {
    /// The server, behind the path to measure: one that answers heartbeats, without --probe
    #[arg(value_name = "HOST:PORT", value_parser = args::host_and_port)]
    server: String,

    /// The shortest silence
    #[arg(long, value_name = "DURATION", default_value = "1s")]
    from: Period,

    /// The longest silence, and how long the run takes
    #[arg(long, value_name = "DURATION", default_value = "10m")]
    to: Period,

    /// How long the answer to a heartbeat may take, as for the client
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    retry_interval: Period,

    /// Print the result as a JSON object, and nothing else
    #[arg(long)]
    json: bool,
}

impl IdleLimitArgs {
    /// The times of the run.
    pub(crate) fn plan(&self) -> Result<Plan, String> {
        if self.from > self.to {
            return Err(format!("--from {} must not be longer than --to {}", self.from, self.to));
        }
        let [from, to, retry_interval] = [self.from, self.to, self.retry_interval].map(Period::get);
        Ok(Plan { from, to, retry_interval })
    }
}

pub(crate) fn idle_limit(args: &IdleLimitArgs, plan: Plan) -> Result<AsPredicted, Failure> {
    keep_ignored_signals();
    let mut out = io::stdout();
    if !args.json {
        let announced = announcement(&args.server, plan, columns_of_stdout());
        writeln!(out, "{announced}")?;
    }
    let bar = ProgressBar::new(millis(plan.to));
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {bar:40} {msg}") {
        bar.set_style(style);
    }
    bar.set_message("connecting");
    on_interrupt({
        let bar = bar.clone();
        move || {
            bar.finish_and_clear();
            let _ = writeln!(io::stderr(), "interrupted: nothing is known about the limit");
            process::exit(130)
        }
    })?;
    let measured = measure(&args.server, plan, |watch| show(&bar, watch));
    bar.finish_and_clear();
    let report = Report::new(&args.server, plan, measured?);
    if args.json {
        writeln!(out, "{}", report.json())?;
    } else {
        write!(out, "{}", report.text(columns_of_stdout()))?;
    }
    Ok(report.is_valid())
}

/// Shows how far the run is. The bar appears only where stderr is a terminal.
fn show(bar: &ProgressBar, watch: &Watch) {
    let count = |wanted: fn(&Fate) -> bool| {
        watch.silences.iter().filter(|silence| wanted(&silence.fate)).count()
    };
    let answered = count(|fate| matches!(fate, Fate::Answered { .. }));
    let dead = count(|fate| matches!(fate, Fate::Dead { .. }));
    let silent = watch.silences.len() - answered - dead;
    bar.set_position(millis(watch.elapsed(Instant::now())));
    bar.set_message(format!("{answered} answered, {dead} dead, {silent} to come"));
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}
