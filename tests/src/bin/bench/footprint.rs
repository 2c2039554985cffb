//! Owns what the release binary takes: size, time to the first answer, memory when idle.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    clock::{median, resident},
    report::Report,
};

pub(crate) fn run(report: &mut Report) {
    report.part("Footprint of the release binary: medians of 15 starts over an existing data directory");
    let binary = binary();
    let size = std::fs::metadata(&binary).unwrap().len() as f64 / 1e6;
    let directory = TempDir::new().unwrap();
    // The first start makes keys and tables.
    drop(start(&binary, &directory));
    let (mut answers, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        let running = start(&binary, &directory);
        answers.push(running.answered_after.as_secs_f64() * 1e3);
        std::thread::sleep(Duration::from_millis(300));
        idle.push(resident(running.child.id()) as f64 / 1024.0);
    }
    report.aim("exec to the first 200", median(answers), "ms", 10.0);
    report.aim("resident when idle", median(idle), "MB", 8.0);
    report.aim("size of the binary", size, "MB", 8.0);
}

/// The binary that users get, beside this one.
fn binary() -> PathBuf {
    let path = std::env::current_exe().unwrap().with_file_name("grantkeep");
    assert!(path.exists(), "build it first: cargo build --release -p grantkeep");
    path
}

struct Running {
    child: Child,
    answered_after: Duration,
}

impl Drop for Running {
    fn drop(&mut self) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap();
    }
}

fn start(binary: &Path, directory: &TempDir) -> Running {
    // A port that was free a moment ago, known before the start, so that the first answer can be waited for from outside.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = Command::new(binary);
    command.args(["serve", "--listen", &address.to_string(), "--data-dir", directory.path().to_str().unwrap()]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let child = command.spawn().unwrap();
    while !answers(address) {
        assert!(start.elapsed() < Duration::from_secs(10), "the server does not start");
        std::thread::sleep(Duration::from_micros(200));
    }
    Running { child, answered_after: start.elapsed() }
}

fn answers(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
