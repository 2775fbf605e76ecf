//! Nothing that was answered is lost, at whatever moment the server or its database is killed.
//!
//! `CRASH_KILLS` sets how many kills there are, `CRASH_SEED` has a run again.

mod killer;
mod moments;
mod postgres;
mod traffic;
mod verdict;

use rustix::process::Signal;

use crate::support::{Base, Place, Program};
use moments::{Moments, kills};
use traffic::Traffic;
use verdict::Verdict;

/// How long a server is left alone at most, from when it serves: a few hundred answers.
const SERVES_MS_MAX: u64 = 400;

/// How long a server is left alone at most that is killed while it starts.
const STARTS_MS_MAX: u64 = 400;

/// A place whose plugin counts durably, and which tries again soon.
fn place() -> Place {
    Place::new()
        .plugin("counter")
        .set("CALLBACK_RETRY_SECONDS", "0,0,0,1,1,1,1,1,1,1,1,1")
        .set("CALLBACK_LEASE_MS", "1500")
}

async fn kill(program: Program) {
    program.signal(Signal::KILL);
    assert_eq!(program.finished().await.code, None);
}

/// Kills the server again and again, while it serves and while it starts, and looks what came of its promises.
async fn servers_are_killed(title: &str, (place, base): (Place, Base), kills: u32) {
    let mut moments = Moments::new();
    let traffic = Traffic::begin(&place.lark);
    for _ in 0..kills {
        let mut program = place.run(&[]);
        if moments.one_in(5) {
            moments.pass(STARTS_MS_MAX).await;
        } else {
            traffic.at(vec![program.serving().await]);
            moments.pass(SERVES_MS_MAX).await;
        }
        kill(program).await;
        traffic.at(Vec::new());
    }
    let mut program = place.run(&[]);
    let client = program.serving().await;
    traffic.at(vec![client.clone()]);
    let promises = traffic.end().await;
    let run = (kills, moments.seed);
    Verdict::on(title, run, promises, &base, &client).await.tell();
}

#[tokio::test]
async fn what_was_answered_is_there_and_handled_after_any_number_of_kills() {
    let place = place();
    let base = Base::file_of(&place);
    servers_are_killed("the server, on SQLite", (place, base), kills(10)).await;
}
