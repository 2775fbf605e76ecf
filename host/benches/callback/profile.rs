//! Where the CPU time of a request goes: each path sampled by `perf`, each sample given to an owner, and what the kernel counts.
//!
//! The servers are processes of their own, so that the load is in none of the figures.

mod counts;
mod owners;
mod perf;
mod samples;

use std::collections::BTreeMap;

use crate::{
    CONNECTIONS, Effort,
    lark::{Lark, Question},
    measure::{Work, send},
    paths::{self, Path, Servers},
    server::Server,
};

use self::{
    counts::Counts,
    owners::{OWNERS, Owner},
    samples::Samples,
};

/// Loads that are as long as one round are too short for shares of a percent.
const ROUNDS: usize = 3;

/// Symbols without an owner that are named.
const NAMED: usize = 6;

/// Symbols of each owner that are named.
const SYMBOLS: usize = 4;

/// One path, measured.
struct Profile {
    name: &'static str,
    /// Without anybody who looks on.
    cpu_us: f64,
    others: f64,
    counts: Counts,
    samples: Samples,
}

pub(crate) async fn run(effort: &Effort) {
    if let Err(missing) = perf::is_here() {
        println!("{missing}");
        return;
    }
    let servers = Servers::start();
    let native = Server::native();
    let mut paths = Vec::from(servers.paths());
    // The measure of the others: what a click costs that is only checked and answered.
    paths.push(Path {
        name: "click, native",
        question: Question::Click,
        server: &native,
    });
    let wanted = std::env::args()
        .skip_while(|argument| argument != crate::PROFILE)
        .nth(1);
    let wanted = wanted.filter(|wanted| !wanted.starts_with('-')).unwrap_or_default();
    let mut lark = Lark::new();
    let mut profiles = Vec::new();
    for path in paths::wanted(&paths, &wanted) {
        profiles.push(profile(path, effort, &mut lark).await);
    }
    print_owners(&profiles);
    print_causes(&profiles);
    print_counts(&profiles);
    let others = profiles.iter().map(|profile| profile.others).fold(0.0, f64::max);
    println!(
        "Other processes took up to {:.0} % of this machine meanwhile.\n",
        others * 100.0
    );
    for profile in &profiles {
        print_symbols(profile);
    }
}

async fn profile(path: &Path<'_>, effort: &Effort, lark: &mut Lark) -> Profile {
    let work = Work {
        servers: std::slice::from_ref(path.server),
        question: path.question,
        connections: CONNECTIONS,
        requests: effort.requests,
        postgres: None,
    };
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(work.measure(lark).await);
    }
    rounds.sort_by(|a, b| a.cpu_us.total_cmp(&b.cpu_us));
    let mut connections = work.connect(lark).await;
    let requests = lark.requests(path.question, effort.requests);
    let counting = counts::Counting::start(path.server);
    send(&mut connections, requests, None, path.question, lark).await;
    let counts = counting.end(path.server, effort.requests);
    let requests = lark.requests(path.question, effort.requests * ROUNDS);
    let sampling = samples::Sampling::start(path.server);
    send(&mut connections, requests, None, path.question, lark).await;
    work.settle();
    Profile {
        name: path.name,
        cpu_us: rounds[ROUNDS / 2].cpu_us,
        others: rounds.iter().map(|round| round.others).fold(0.0, f64::max),
        counts,
        samples: sampling.end(),
    }
}

fn print_owners(profiles: &[Profile]) {
    print_head("µs of CPU a request (share)", profiles);
    for owner in OWNERS {
        print!("| {} |", owner.name());
        for profile in profiles {
            let share = profile.samples.share(owner);
            print!(" {:.1} ({:.0} %) |", share * profile.cpu_us, share * 100.0);
        }
        println!();
    }
    print!("| **all** |");
    for profile in profiles {
        print!(" **{:.1}** |", profile.cpu_us);
    }
    print!("\n| samples |");
    for profile in profiles {
        print!(" {} |", profile.samples.count());
    }
    println!("\n");
}

/// For whom memory was asked for, copied and brought in.
fn print_causes(profiles: &[Profile]) {
    print_head("allocation, copying and page faults, for whom", profiles);
    for owner in OWNERS {
        let shares: Vec<_> = profiles.iter().map(|profile| profile.samples.caused(owner)).collect();
        if shares.iter().all(|share| *share < 0.001) {
            continue;
        }
        print!("| {} |", owner.name());
        for (profile, share) in profiles.iter().zip(shares) {
            print!(" {:.1} |", share * profile.cpu_us);
        }
        println!();
    }
    println!();
}

fn print_counts(profiles: &[Profile]) {
    print_head("a request", profiles);
    let row = |name: &str, value: &dyn Fn(&Counts) -> f64| {
        print!("| {name} |");
        for profile in profiles {
            print!(" {:.2} |", value(&profile.counts));
        }
        println!();
    };
    row("page faults", &|counts| counts.faults);
    row("waits of a thread", &|counts| counts.waits);
    row("threads taken off their core", &|counts| counts.preempted);
    row("system calls", &|counts| counts.calls);
    let mut names: BTreeMap<&str, f64> = BTreeMap::new();
    for (name, count) in profiles.iter().flat_map(|profile| &profile.counts.by_name) {
        *names.entry(name).or_default() += count;
    }
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (name, _) in names.iter().filter(|(_, count)| *count >= 0.01) {
        row(&format!("`{name}`"), &|counts| {
            counts.by_name.get(*name).copied().unwrap_or_default()
        });
    }
    println!();
}

fn print_symbols(profile: &Profile) {
    println!("{}: the largest symbols of each owner, percent of all:\n", profile.name);
    for owner in OWNERS {
        let count = if owner == Owner::Other { NAMED } else { SYMBOLS };
        let symbols = profile.samples.symbols(owner);
        let symbols: Vec<_> = symbols
            .iter()
            .take(count)
            .map(|(symbol, share)| format!("{:.1} `{symbol}`", share * 100.0))
            .collect();
        if !symbols.is_empty() {
            println!("- {}: {}", owner.name(), symbols.join(", "));
        }
    }
    println!();
}

fn print_head(first: &str, profiles: &[Profile]) {
    let names: Vec<_> = profiles.iter().map(|profile| profile.name).collect();
    println!("| {first} | {} |", names.join(" | "));
    println!("|---|{}", "---|".repeat(names.len()));
}
