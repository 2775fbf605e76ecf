//! One kind of growth: lines of points, as a table.

use crate::report::Round;

/// The growth of one thing, for several kinds of requests.
pub(super) struct Axis {
    /// The name of its picture.
    pub(super) file: &'static str,
    /// What grows.
    pub(super) amount: &'static str,
    /// What is measured.
    pub(super) value: &'static str,
    pub(super) lines: Vec<Line>,
}

/// One kind of request.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<Point>,
}

/// The cost at one amount.
pub(super) struct Point {
    pub(super) amount: u64,
    pub(super) value: f64,
    /// CPU time of PostgreSQL beside the server's.
    pub(super) database_us: Option<f64>,
    /// p50 and p99 in milliseconds, and requests a second.
    load: Option<[f64; 3]>,
    /// The share of the machine that neither the servers nor the load took.
    others: f64,
}

impl Point {
    /// One that is not about requests.
    pub(super) fn alone(amount: u64, value: f64) -> Self {
        Self {
            amount,
            value,
            database_us: None,
            load: None,
            others: 0.0,
        }
    }

    pub(super) fn of(amount: u64, round: &Round) -> Self {
        let load = &round.load;
        Self {
            amount,
            value: round.cpu_us,
            database_us: round.database_us,
            others: round.others,
            load: Some([load.latency_ms(0.5), load.latency_ms(0.99), load.per_second()]),
        }
    }

    /// The one of several rounds that half of them exceed.
    pub(super) fn middle(mut rounds: Vec<Self>) -> Self {
        rounds.sort_by(|a, b| a.value.total_cmp(&b.value));
        rounds.remove(rounds.len() / 2)
    }
}

impl Axis {
    pub(super) fn print(&self) {
        println!(
            "\n| {} | | {} | times the first | PostgreSQL's CPU µs | p50 / p99 ms | requests/s |",
            self.amount, self.value
        );
        println!("|---|---|---|---|---|---|---|");
        for line in &self.lines {
            let first = line.points.first().map_or(1.0, |point| point.value);
            for point in &line.points {
                let [latency, per_second] = point.load.map_or_else(
                    || [const { String::new() }; 2],
                    |[p50, p99, per_second]| [format!("{p50:.1} / {p99:.1}"), format!("{per_second:.0}")],
                );
                println!(
                    "| {} | {} | {:.1} | {:.2} | {} | {latency} | {per_second} |",
                    counted(point.amount),
                    line.name,
                    point.value,
                    point.value / first,
                    point.database_us.map(|us| format!("{us:.1}")).unwrap_or_default(),
                );
            }
        }
        let points = self.lines.iter().flat_map(|line| &line.points);
        let others = points.map(|point| point.others).fold(0.0, f64::max);
        if others > 0.0 {
            println!(
                "\nOther processes, PostgreSQL among them, took up to {:.0} % of this machine meanwhile.",
                others * 100.0
            );
        }
    }
}

/// With spaces between thousands.
pub(super) fn counted(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
