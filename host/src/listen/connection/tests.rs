//! A connection on a pipe, with paused time: each timeout, and when its answer counts as written.

use std::{io::ErrorKind, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    join, spawn,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Patience, Patient, Phase, Written};

const IDLE: Duration = Duration::from_secs(75);
const HEADER: Duration = Duration::from_secs(10);

/// Bytes that may be in transit before a writer has to wait.
const PIPE_BYTES: usize = 64;

fn connection() -> (Patient<DuplexStream>, Phase, DuplexStream) {
    let (ours, peer) = duplex(PIPE_BYTES);
    let patience = Patience {
        idle: IDLE,
        header: HEADER,
    };
    let (patient, phase) = Patient::new(ours, patience);
    (patient, phase, peer)
}

/// Reads until the connection is given up, and checks when that is.
async fn is_given_up_after(patient: &mut Patient<DuplexStream>, time: Duration) {
    let begun = Instant::now();
    let error = loop {
        if let Err(error) = patient.read_u8().await {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_about(begun.elapsed(), time);
}

/// Timers have a resolution of a millisecond.
fn assert_about(took: Duration, expected: Duration) {
    assert!(
        took >= expected && took < expected + Duration::from_millis(5),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_byte_of_a_connection_may_take_as_long_as_a_header() {
    let (mut patient, phase, _peer) = connection();
    assert!(phase.is_fresh());
    is_given_up_after(&mut patient, HEADER).await;
}

#[tokio::test(start_paused = true)]
async fn between_two_requests_a_peer_may_be_silent_for_longer() {
    let (mut patient, phase, _peer) = connection();
    phase.idle();
    is_given_up_after(&mut patient, IDLE).await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_sends_one_request_after_the_other_is_kept_however_long() {
    let (mut patient, phase, mut peer) = connection();
    phase.idle();
    for _ in 0..100 {
        // It is waited for, comes, and is answered at once.
        let (read, ()) = join!(patient.read_u8(), async {
            sleep(Duration::from_secs(3)).await;
            peer.write_u8(b'P').await.unwrap();
        });
        read.unwrap();
        phase.answering();
        phase.idle();
        assert!(phase.kept_waiting().unwrap() < IDLE);
    }
    is_given_up_after(&mut patient, IDLE).await;
}

#[tokio::test(start_paused = true)]
async fn single_bytes_of_a_header_give_no_more_time() {
    let (mut patient, phase, mut peer) = connection();
    phase.idle();
    peer.write_u8(b'P').await.unwrap();
    patient.read_u8().await.unwrap();
    assert!(phase.is_reading());
    spawn(async move {
        loop {
            sleep(HEADER / 3).await;
            if peer.write_u8(b'x').await.is_err() {
                return;
            }
        }
    });
    is_given_up_after(&mut patient, HEADER).await;
}

#[tokio::test(start_paused = true)]
async fn no_time_runs_while_an_answer_is_prepared() {
    let (mut patient, phase, _peer) = connection();
    phase.answering();
    let silent = timeout(Duration::from_hours(1), patient.read_u8()).await;
    silent.expect_err("it is still waited for");
    assert_eq!(phase.kept_waiting(), None);
}

#[tokio::test(start_paused = true)]
async fn it_is_known_how_long_a_peer_keeps_the_server_waiting() {
    let (mut patient, phase, _peer) = connection();
    phase.idle();
    let silent = timeout(Duration::from_secs(40), patient.read_u8()).await;
    silent.expect_err("it is still waited for");
    assert_about(phase.kept_waiting().unwrap(), Duration::from_secs(40));
    phase.waits_for_body(Instant::now());
    assert_about(phase.kept_waiting().unwrap(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_nothing_of_its_answer_is_given_up() {
    let (mut patient, phase, _peer) = connection();
    phase.answering();
    let begun = Instant::now();
    let error = patient.write_all(&[0; PIPE_BYTES + 1]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_about(begun.elapsed(), IDLE);
    assert_about(phase.kept_waiting().unwrap(), IDLE);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_slowly_gets_its_whole_answer() {
    const PARTS: usize = 4;
    let (mut patient, phase, mut peer) = connection();
    phase.answering();
    let (written, ()) = join!(patient.write_all(&[7; PARTS * PIPE_BYTES]), async {
        for _ in 0..PARTS {
            sleep(IDLE - HEADER).await;
            peer.read_exact(&mut [0; PIPE_BYTES]).await.unwrap();
        }
    });
    written.unwrap();
    assert_eq!(phase.kept_waiting(), None);
}

#[tokio::test]
async fn work_that_waits_for_an_answer_begins_when_it_is_handed_over() {
    let (mut patient, phase, _peer) = connection();
    let begun = CancellationToken::new();
    phase.when_written(Written::new(begun.clone().drop_guard()));
    patient.write_all(b"answer").await.unwrap();
    assert!(!begun.is_cancelled(), "it may still be in a buffer");
    patient.flush().await.unwrap();
    assert!(begun.is_cancelled());
}

#[tokio::test]
async fn work_that_waits_for_an_answer_begins_also_when_the_connection_breaks() {
    let (patient, phase, _peer) = connection();
    let begun = CancellationToken::new();
    phase.when_written(Written::new(begun.clone().drop_guard()));
    drop(patient);
    assert!(begun.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_refused_request_is_read_until_the_peer_closes() {
    let (mut patient, phase, mut peer) = connection();
    phase.leaving();
    let (closed, ()) = join!(patient.shutdown(), async {
        for _ in 0..3 {
            peer.write_all(&[0; PIPE_BYTES]).await.unwrap();
        }
        drop(peer);
    });
    closed.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_goes_on_sending_a_refused_request_is_left() {
    let (mut patient, phase, mut peer) = connection();
    phase.leaving();
    spawn(async move {
        while peer.write_all(&[0; PIPE_BYTES]).await.is_ok() {
            sleep(Duration::from_millis(100)).await;
        }
    });
    let begun = Instant::now();
    patient.shutdown().await.unwrap();
    let took = begun.elapsed();
    assert!(took >= HEADER && took < HEADER + Duration::from_millis(200), "{took:?}");
}
