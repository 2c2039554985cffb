//! Owns the read paths under load: `status` and hand-out against a bare hyper server.

use std::{sync::Arc, time::Duration};

use tempfile::TempDir;

use crate::{
    clock::{median, resident},
    load::{Round, drive},
    report::Report,
    role::Role,
    seed,
};

const OWNERS: usize = 1000;
const ACCOUNTS: usize = 100;
const CONNECTIONS: usize = 64;
const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_secs(1);

pub(crate) fn run(report: &mut Report) {
    report.part(&format!(
        "Reads: {} credentials of {OWNERS} owners, {CONNECTIONS} keep-alive connections, {ROUNDS} alternated rounds of {} s, medians",
        OWNERS * ACCOUNTS,
        ROUND.as_secs()
    ));
    let directory = TempDir::new().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(seed::directory(directory.path(), OWNERS, ACCOUNTS));
    let (hello, server) = (Role::start(&["hello"], &[]), Role::serve(directory.path(), None));
    let greetings = Arc::new(vec![b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec()]);
    let (anyones, token) = (requests(&server, "/token/status"), requests(&server, "/token"));
    // Every credential once, so that memory holds what it holds in a running server.
    drive(server.address, server.process(), &anyones, CONNECTIONS, Duration::from_secs(4));
    // As bots do it: the same few are asked after again and again.
    let few = |requests: &[Vec<u8>]| {
        let step = requests.len() / CONNECTIONS;
        Arc::new(requests.iter().step_by(step).take(CONNECTIONS).cloned().collect::<Vec<_>>())
    };
    let (status, token) = (few(&anyones), few(&token));
    let (mut hellos, mut statuses, mut hand_outs, mut jumping) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        hellos.push(drive(hello.address, hello.process(), &greetings, CONNECTIONS, ROUND));
        statuses.push(drive(server.address, server.process(), &status, CONNECTIONS, ROUND));
        hand_outs.push(drive(server.address, server.process(), &token, CONNECTIONS, ROUND));
        jumping.push(drive(server.address, server.process(), &anyones, CONNECTIONS, ROUND));
    }
    show(report, "bare hyper", &hellos);
    show(report, "status, 64 credentials of 64 owners", &statuses);
    show(report, "hand-out, the same 64", &hand_outs);
    show(report, "status, every one of the 100,000 in turn", &jumping);
    // Each round against the one of bare hyper beside it: a shared machine is now faster, now slower, for seconds.
    let beside = |rounds: &[Round], ratio: fn(&Round, &Round) -> f64| {
        median(hellos.iter().zip(rounds).map(|(hello, round)| ratio(hello, round)).collect())
    };
    let cpu = |rounds: &[Round]| beside(rounds, |hello, round| hello.cpu / round.cpu);
    let p99 = beside(&statuses, |hello, round| round.p99 as f64 / hello.p99 as f64);
    report.at_least("status: processor time, bare hyper / status", cpu(&statuses), 0.75, 0.80);
    report.at_most("status: p99 / that of bare hyper", p99, 2.0);
    report.at_least("hand-out: processor time, bare hyper / hand-out", cpu(&hand_outs), 0.65, 0.72);
    report.figure("the same for every one in turn", &format!("{:.3}", cpu(&jumping)));
    let resident = resident(server.process()) as f64 / 1024.0;
    report.figure("resident after that, all of them in memory", &format!("{resident:.1} MB"));
}

/// A request for each credential, in an order that jumps about.
fn requests(server: &Role, path: &str) -> Arc<Vec<Vec<u8>>> {
    let keys: Vec<String> = (0..OWNERS).map(|owner| seed::jwt(&seed::owner(owner))).collect();
    let count = OWNERS * ACCOUNTS;
    // 7919 is prime to the count: every number comes once.
    let numbers = (0..count).map(|number| number * 7919 % count);
    let request = |number: usize| {
        let (key, account, host) = (&keys[number / ACCOUNTS], seed::account(number), server.address);
        format!(
            "GET /api/v1/oauth/vk{path}?account_name={account} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n\r\n"
        )
        .into_bytes()
    };
    Arc::new(numbers.map(request).collect())
}

fn show(report: &Report, what: &str, rounds: &[Round]) {
    let middle = |value: fn(&Round) -> f64| median(rounds.iter().map(value).collect());
    let text = format!(
        "{:>7.0} requests/s  {:>6.1} us processor  p50 {:>6.3} ms  p99 {:>6.3} ms",
        middle(|round| round.per_second),
        middle(|round| round.cpu / 1e3),
        middle(|round| round.p50 as f64 / 1e6),
        middle(|round| round.p99 as f64 / 1e6),
    );
    report.figure(what, &text);
}
