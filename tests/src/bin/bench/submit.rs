//! Owns the write path from end to end: a submit against the sum of what it cannot do without.

use std::{
    fs::OpenOptions,
    io::{Seek, SeekFrom, Write},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use grantkeep_core::{Outgoing, Payload, Purpose, Secret};
use grantkeep_outbound::Client;
use http::Method;
use tempfile::TempDir;

use crate::{
    clock::{median, quantile, time},
    load::drive,
    report::Report,
    role::Role,
    seed,
};

/// Many short ones: a disk and a shared machine are now faster, now slower, for seconds.
const ROUNDS: usize = 21;
const ROUND: Duration = Duration::from_millis(500);

/// Calls in a round of what is measured by the number: about as long as the others.
const ASKED: usize = 8000;
const SYNCED: u64 = 5000;

pub(crate) fn run(report: &mut Report) {
    report.part("Submit: one client and 64, a VK that answers at once, medians of alternated rounds, each against its own parts");
    let directory = TempDir::new().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(seed::directory(directory.path(), 1, 1));
    let (hello, vk) = (Role::start(&["hello"], &[]), Role::start(&["vk"], &[]));
    let server = Role::serve(directory.path(), Some(vk.address));
    let greetings = Arc::new(vec![b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec()]);
    let submits = requests(&server);
    drive(server.address, server.process(), &submits, 1, ROUND);
    let (mut http, mut upstream, mut disk, mut whole) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut many, mut many_hellos) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        http.push(drive(hello.address, hello.process(), &greetings, 1, ROUND).p50 as f64);
        upstream.push(asking(vk.address));
        disk.push(syncing(&directory));
        whole.push(drive(server.address, server.process(), &submits, 1, ROUND).p50 as f64);
        many_hellos.push(drive(hello.address, hello.process(), &greetings, 64, ROUND).per_second);
        many.push(drive(server.address, server.process(), &submits, 64, ROUND).per_second);
    }
    let ratio = |round: usize| whole[round] / (http[round] + upstream[round] + disk[round]);
    let mut ratios: Vec<f64> = (0..ROUNDS).map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    let (low, ratio, high) = (ratios[ROUNDS / 4], ratios[ROUNDS / 2], ratios[ROUNDS * 3 / 4]);
    for (what, values) in
        [("HTTP alone", http), ("asking VK alone", upstream), ("fdatasync alone", disk), ("submit", whole)]
    {
        report.figure(&format!("{what}, p50"), &format!("{:.3} ms", median(values) / 1e6));
    }
    report.at_most("submit with one client: p50 / (HTTP + VK + fdatasync)", ratio, 1.25);
    report.figure("the same, half of the rounds", &format!("{low:.3} to {high:.3}"));
    let (many, hellos) = (median(many), median(many_hellos));
    report
        .figure("submit with 64 clients: requests/s, ratio to bare hyper", &format!("{many:.0}, {:.3}", many / hellos));
}

fn requests(server: &Role) -> Arc<Vec<Vec<u8>>> {
    let (key, host) = (seed::jwt(&seed::owner(0)), server.address);
    let request = |number: usize| {
        let url = format!(
            "https://oauth.vk.com/blank.html#access_token={}&expires_in=86400&user_id=100001",
            seed::token(number)
        );
        let body = format!("{{\"token_data\":\"{url}\",\"account_name\":\"account {}\"}}", number % 500);
        format!(
            "POST /api/v1/oauth/vk/token/submit HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    Arc::new((0..5000).map(request).collect())
}

/// p50 of asking VK through the program's own client, in a task of a runtime like the server's.
fn asking(vk: SocketAddr) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let asking = runtime.spawn(async move {
        let client = Client::to_own_server(&format!("http://{vk}").parse().unwrap());
        let mut latencies = Vec::new();
        for number in 0..ASKED {
            let outgoing = Outgoing {
                purpose: Purpose::Check,
                method: Method::POST,
                url: format!("http://{vk}/method/users.get").parse().unwrap(),
                headers: Vec::new(),
                body: Some(Payload::Form(Secret::from(format!("access_token={}&v=5.199", seed::token(number))))),
            };
            let start = std::time::Instant::now();
            client.send(outgoing).await.unwrap();
            latencies.push(u64::try_from(start.elapsed().as_nanos()).unwrap());
        }
        quantile(&mut latencies, 0.5) as f64
    });
    runtime.block_on(asking).unwrap()
}

/// p50 of making 4 KiB durable beside the database.
fn syncing(directory: &TempDir) -> f64 {
    let path = directory.path().join("sync");
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path).unwrap();
    file.write_all(&vec![0; 4 << 20]).unwrap();
    file.sync_all().unwrap();
    let page = vec![7; 4096];
    let mut latencies: Vec<u64> = (0..SYNCED)
        .map(|number| {
            let sync = || {
                file.seek(SeekFrom::Start(number % 1000 * 4096)).unwrap();
                file.write_all(&page).unwrap();
                file.sync_data().unwrap();
            };
            time(sync).0
        })
        .collect();
    quantile(&mut latencies, 0.5) as f64
}
