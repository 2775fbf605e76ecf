//! Swaps without end: a new version every 100 ms under clicks and events. The benchmark `soak` does the same for ten minutes.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, interval};

use super::{ONE, TWO, hello};
use crate::support::{Place, Program, wasm};

/// What is compared: a server takes its memory in the first swaps, and then no more.
const WARM_UP: u32 = 20;
const SWAPS: u32 = 60;

/// Resources that a process holds.
#[derive(Debug)]
struct Held {
    memory_kib: u64,
    threads: u64,
    descriptors: usize,
}

impl Held {
    fn by(program: &Program) -> Self {
        let folder = format!("/proc/{}", program.id());
        let status = fs::read_to_string(format!("{folder}/status")).unwrap();
        let number = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        Self {
            memory_kib: number("VmRSS:"),
            threads: number("Threads:"),
            descriptors: fs::read_dir(format!("{folder}/fd")).unwrap().count(),
        }
    }
}

#[tokio::test]
async fn a_swap_every_100_ms_costs_no_request_and_nothing_grows() {
    let place = Place::new()
        .plugin("second")
        .plugin("counter")
        .set("CALLBACK_SETTLE_MS", "10");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let done = Arc::new(AtomicBool::new(false));
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..4 {
        let (client, done) = (client.clone(), Arc::clone(&done));
        clients.spawn(async move {
            let mut connection = client.connect().await;
            let mut answers = 0_u64;
            while !done.load(Ordering::Relaxed) {
                if number == 0 {
                    let answer = connection.send(&client.lark.message("hello")).await;
                    assert_eq!(answer.status, 200, "{answer:?}");
                } else {
                    let toast = connection.send(&client.lark.click(hello())).await.toast();
                    assert!(toast == ONE || toast == TWO, "{toast}");
                }
                answers += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            answers
        });
    }
    let versions = [wasm("second_v2"), wasm("second")];
    let mut ticks = interval(Duration::from_millis(100));
    let mut before = None;
    let begun = Instant::now();
    for swap in 0..WARM_UP + SWAPS {
        ticks.tick().await;
        if swap == WARM_UP {
            before = Some(Held::by(&program));
        }
        place.put("second.wasm", &versions[swap as usize % 2]);
    }
    let (before, after) = (before.unwrap(), Held::by(&program));
    done.store(true, Ordering::Relaxed);
    let answers: u64 = clients.join_all().await.iter().sum();
    assert!(answers > 100, "{answers} in {:?}", begun.elapsed());
    assert!(after.threads <= before.threads + 2, "{before:?} {after:?}");
    assert!(after.descriptors <= before.descriptors + 10, "{before:?} {after:?}");
    assert!(
        after.memory_kib <= before.memory_kib + 24 * 1024,
        "{before:?} {after:?}"
    );
    program.signal(rustix::process::Signal::TERM);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let swaps = finished.stderr.matches(r#""message":"Plugin second"#).count();
    // A busy machine takes several changes in one swap.
    assert!(swaps > 20, "{swaps}");
}
