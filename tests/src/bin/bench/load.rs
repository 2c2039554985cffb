//! Owns the load generator: keep-alive connections that each send the next request as soon as the answer is there.
//!
//! It reads answers with a fast parser: the more of a core it needs for a longer answer, the fewer of them meet at the server, and
//! the more often the server falls asleep and is woken for each.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use httparse::Status;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::clock::{cpu_of, quantile};

/// What one round measured.
pub(crate) struct Round {
    pub(crate) per_second: f64,
    /// Processor time of the server for each request, nanoseconds.
    pub(crate) cpu: f64,
    pub(crate) p50: u64,
    pub(crate) p99: u64,
}

/// Drives `connections` for `time`; connection `n` starts at the n-th of the requests and takes every one in turn.
pub(crate) fn drive(
    address: SocketAddr,
    process: u32,
    requests: &Arc<Vec<Vec<u8>>>,
    connections: usize,
    time: Duration,
) -> Round {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (before, start) = (cpu_of(process), Instant::now());
        let until = start + time;
        let step = requests.len() / connections;
        let tasks: Vec<_> = (0..connections)
            .map(|number| tokio::spawn(connection(address, Arc::clone(requests), number * step.max(1), until)))
            .collect();
        let mut latencies = Vec::new();
        for task in tasks {
            latencies.extend(task.await.unwrap());
        }
        let count = latencies.len() as f64;
        let (elapsed, cpu) = (start.elapsed().as_secs_f64(), (cpu_of(process) - before) as f64);
        let (p50, p99) = (quantile(&mut latencies, 0.5), quantile(&mut latencies, 0.99));
        Round { per_second: count / elapsed, cpu: cpu / count, p50, p99 }
    })
}

async fn connection(address: SocketAddr, requests: Arc<Vec<Vec<u8>>>, first: usize, until: Instant) -> Vec<u64> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut latencies, mut buffer) = (Vec::new(), vec![0; 16 * 1024]);
    for number in first.. {
        let start = Instant::now();
        if start >= until {
            break;
        }
        stream.write_all(&requests[number % requests.len()]).await.unwrap();
        answer(&mut stream, &mut buffer).await;
        latencies.push(u64::try_from(start.elapsed().as_nanos()).unwrap());
    }
    latencies
}

/// Reads one whole answer, which must be a 200.
async fn answer(stream: &mut TcpStream, buffer: &mut [u8]) {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await.unwrap();
        assert!(read > 0, "the server hung up");
        filled += read;
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut response = httparse::Response::new(&mut headers);
        let Status::Complete(head) = response.parse(&buffer[..filled]).unwrap() else { continue };
        assert_eq!(response.code, Some(200), "{}", String::from_utf8_lossy(&buffer[..filled]));
        let length = response.headers.iter().find(|header| header.name == "content-length").unwrap();
        if filled >= head + std::str::from_utf8(length.value).unwrap().parse::<usize>().unwrap() {
            return;
        }
    }
}
