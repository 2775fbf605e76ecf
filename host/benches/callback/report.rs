//! The table: medians over the rounds, and the ratio of each round to the native server in the same round.

use crate::load::Load;

/// One load on one server.
pub(crate) struct Round {
    /// CPU time of the whole server process, in microseconds a request.
    pub(crate) cpu_us: f64,
    /// The same of PostgreSQL, where there is one.
    pub(crate) database_us: Option<f64>,
    /// The share of the machine that neither the server nor the load took.
    pub(crate) others: f64,
    /// Commits of the database meanwhile, and rows in all of them.
    pub(crate) commits: (u64, u64),
    pub(crate) load: Load,
}

/// All rounds, in the order of the paths.
#[derive(Default)]
pub(crate) struct Report(Vec<Line>);

struct Line {
    name: &'static str,
    native: Vec<Round>,
    ours: Vec<Round>,
}

impl Report {
    pub(crate) fn add(&mut self, name: &'static str, native: Round, ours: Round) {
        let at = self.0.iter().position(|line| line.name == name).unwrap_or_else(|| {
            self.0.push(Line {
                name,
                native: Vec::new(),
                ours: Vec::new(),
            });
            self.0.len() - 1
        });
        self.0[at].native.push(native);
        self.0[at].ours.push(ours);
    }

    pub(crate) fn print(&self) {
        println!(
            "| path | CPU µs | native CPU µs | ratio | req/s | native req/s | p50 / p99 ms | native | commits/s, rows each |"
        );
        println!("|---|---|---|---|---|---|---|---|---|");
        for Line { name, native, ours } in &self.0 {
            let pairs = ours.iter().zip(native);
            let ratios = sorted(pairs.map(|(ours, native)| ours.cpu_us / native.cpu_us));
            let cells = [
                (*name).to_owned(),
                format!("{:.1}", median(ours, |round| round.cpu_us)),
                format!("{:.1}", median(native, |round| round.cpu_us)),
                format!(
                    "**{:.2}** ({:.2} to {:.2})",
                    middle(&ratios),
                    ratios[0],
                    ratios[ratios.len() - 1]
                ),
                format!("{:.0}", median(ours, |round| round.load.per_second())),
                format!("{:.0}", median(native, |round| round.load.per_second())),
                latencies(ours),
                latencies(native),
                commits(ours),
            ];
            println!("| {} |", cells.join(" | "));
        }
        let rounds = self.0.iter().flat_map(|line| line.native.iter().chain(&line.ours));
        let others = rounds.map(|round| round.others).fold(0.0, f64::max);
        println!(
            "\n{} rounds; medians. Other processes took up to {:.0} % of this machine meanwhile.",
            self.0[0].ours.len(),
            others * 100.0
        );
    }
}

fn latencies(rounds: &[Round]) -> String {
    format!(
        "{:.1} / {:.1}",
        median(rounds, |round| round.load.latency_ms(0.5)),
        median(rounds, |round| round.load.latency_ms(0.99))
    )
}

fn commits(rounds: &[Round]) -> String {
    if rounds.iter().all(|round| round.commits.0 == 0) {
        return "–".to_owned();
    }
    let per_second = median(rounds, |round| {
        round.commits.0 as f64 / round.load.elapsed.as_secs_f64()
    });
    let rows = median(rounds, |round| round.commits.1 as f64 / round.commits.0.max(1) as f64);
    format!("{per_second:.0}, {rows:.0}")
}

fn median(rounds: &[Round], value: impl Fn(&Round) -> f64) -> f64 {
    middle(&sorted(rounds.iter().map(value)))
}

fn middle(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}
