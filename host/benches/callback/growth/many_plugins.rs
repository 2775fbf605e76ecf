//! Plugins of one server: a type each, and all on one; what a click costs, and a start.

use super::{Axis, Line, Point};
use crate::{
    Effort,
    plugins::{self, Seen},
};

pub(super) async fn measure(effort: &Effort) -> Vec<Axis> {
    let mut seen = Vec::new();
    plugins::measure(effort, |row| seen.push(row)).await;
    let line = |name: &str, is_wanted: fn(&Seen) -> bool, point: fn(&Seen) -> Point| Line {
        name: name.to_owned(),
        points: seen.iter().filter(|row| is_wanted(row)).map(point).collect(),
    };
    let of_click = |row: &Seen| Point::of(row.count as u64, &row.round);
    let apart = |row: &Seen| !row.others_pass;
    // One plugin is the beginning of both.
    let together = |row: &Seen| row.others_pass || row.count == 1;
    let axis = |file, value, lines| Axis {
        file,
        amount: "plugins",
        value,
        lines,
    };
    vec![
        axis("plugins", "CPU µs a click", vec![line("a type each", apart, of_click)]),
        axis(
            "plugins-on-one-type",
            "CPU µs a click",
            vec![line("all but the last pass", together, of_click)],
        ),
        axis(
            "start-by-plugins",
            "ms until all are loaded",
            vec![
                line("first start", apart, |row| {
                    Point::alone(row.count as u64, row.first_s * 1e3)
                }),
                line("with a warm cache", apart, |row| {
                    Point::alone(row.count as u64, row.warm_ms)
                }),
            ],
        ),
        axis(
            "memory-by-plugins",
            "MiB while idle",
            vec![line("a type each", apart, |row| {
                Point::alone(row.count as u64, row.memory_kib as f64 / 1024.0)
            })],
        ),
    ]
}
