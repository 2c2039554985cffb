//! Owns the load generator: keep-alive connections that each send the next request as soon as the answer is there.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

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
        let Some(head) = buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head]).unwrap();
        assert!(text.starts_with("HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..filled]));
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if filled >= head + 4 + length.parse::<usize>().unwrap() {
            return;
        }
    }
}
