//! Owns the other roles of this binary: the bare hyper server, a fixed VK, a fixed provider of any kind, and the program itself.

use std::{
    convert::Infallible,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
};

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What JWTs are signed with in this benchmark.
pub(crate) const JWT_SECRET: &str = "a secret of this benchmark alone, of enough bytes";

const HELLO: &str = "Hello, World!";
const PERSON: &str = r#"{"response":[{"id":100001,"first_name":"Anna","last_name":"B"}]}"#;

/// What suits every question to any provider.
const ANYTHING: &str = r#"{"response":[{"id":100001,"first_name":"Anna","last_name":"B"}],"sub":"anna","access_token":"of-a-fixed-provider","token_type":"Bearer","expires_in":86400}"#;

pub(crate) fn run(arguments: &[String]) -> ExitCode {
    match arguments[0].as_str() {
        "hello" => bare(HELLO),
        "vk" => bare(PERSON),
        "provider" => bare(ANYTHING),
        "serve" => {
            let flags = ["grantkeep", "serve", "--listen", "127.0.0.1:0", "--data-dir", arguments[1].as_str()];
            grantkeep::run(flags.map(Into::into))
        }
        other => panic!("no such role: {other}"),
    }
}

/// hyper as its own example has it, and nothing else.
fn bare(text: &'static str) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let answer = service_fn(move |request: Request<Incoming>| async move {
                if text != HELLO {
                    // As a provider would: the form is read before it is answered.
                    let _ = request.into_body().collect().await;
                }
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(text.as_bytes()))))
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    })
}

/// A running role; killed when dropped.
pub(crate) struct Role {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Role {
    pub(crate) fn start(role: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::spawn(Command::new(std::env::current_exe().unwrap()).arg("role").args(role), environment)
    }

    /// The program over a data directory, asking `vk` about tokens.
    pub(crate) fn serve(data_dir: &Path, vk: Option<SocketAddr>) -> Self {
        let vk = vk.map_or("http://127.0.0.1:9".to_owned(), |vk| format!("http://{vk}"));
        let environment = [("GRANTKEEP_JWT_SECRET", JWT_SECRET), ("GRANTKEEP_VK_API_URL", vk.as_str())];
        Self::start(&["serve", data_dir.to_str().unwrap()], &environment)
    }

    fn spawn(command: &mut Command, environment: &[(&str, &str)]) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null()).envs(environment.iter().copied());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            line.split_whitespace().find_map(|word| word.strip_prefix("http://")?.parse().ok())
        });
        // Somebody must go on reading, or a full pipe would stop the child.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: address.unwrap() }
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
