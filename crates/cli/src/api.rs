//! Owns how a command reaches the API: at a server elsewhere, over the socket of the server beside it, or in this process.
//!
//! Every way speaks the same requests and gets the same answers.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use grantkeep_core::{NoAnswer, Outgoing, Payload, Purpose, Secret};
use grantkeep_outbound::Client;
use grantkeep_server::LOCAL_OWNER;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;
use url::Url;
use zeroize::Zeroizing;

use crate::{
    directory::{DataDir, Lock},
    fault::CliFault,
    here::Here,
    process::RETRY_AFTER,
    setting::{Remote, Settings},
    text,
};

/// Largest answer that is read.
const LARGEST: usize = 16 * 1024 * 1024;

/// How long a command waits for a server that is starting or stopping.
const WAITS: u32 = 100;

/// How long a server beside us may take to answer: longer than the slowest provider, the wait for its turn included. A look at the whole
/// database may take as long as it likes.
const ANSWERS_WITHIN: Duration = Duration::from_secs(120);

/// Where the whole database is looked at.
pub(crate) const EXAMINE: &str = "/local/examine";

/// The API, wherever it is.
pub(crate) struct Api {
    way: Way,
    owner: HeaderValue,
}

enum Way {
    Here { here: Here, _lock: Lock },
    Remote { client: Client, server: Arc<Remote> },
    Socket(PathBuf),
}

/// An answer that is not an error.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The body as it came; it may hold a secret.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Answer {
    pub(crate) fn json(&self) -> Result<Value, CliFault> {
        serde_json::from_slice(&self.body).map_err(|_| text::strange_answer())
    }

    /// The body as text, for `--json`.
    pub(crate) fn text(&self) -> Result<&str, CliFault> {
        std::str::from_utf8(&self.body).map_err(|_| text::strange_answer())
    }
}

impl Api {
    /// Finds the API: at the named server; else at the server that has the data directory; else opens it here.
    pub(crate) async fn find(settings: &Settings) -> Result<Self, CliFault> {
        let owner = HeaderValue::from_bytes(settings.owner.as_str().as_bytes()).map_err(|_| text::strange_answer())?;
        if let Some(server) = &settings.remote {
            return Ok(Self {
                way: Way::Remote { client: Client::to_own_server(&server.url), server: Arc::clone(server) },
                owner,
            });
        }
        let directory = DataDir::open(&settings.data_dir)?;
        for _ in 0..WAITS {
            let socket = directory.socket()?;
            if UnixStream::connect(&socket).await.is_ok() {
                return Ok(Self { way: Way::Socket(socket), owner });
            }
            if let Some(lock) = directory.try_lock_shared()? {
                let here = Here::open(&directory, settings, false).await?;
                return Ok(Self { way: Way::Here { here, _lock: lock }, owner });
            }
            tokio::time::sleep(RETRY_AFTER).await;
        }
        Err(text::server_does_not_answer())
    }

    /// Asks; an error of the API becomes the command's.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, CliFault> {
        let body = body.map(|body| Secret::from(body.to_string()));
        let (status, body) = match &self.way {
            Way::Here { here, .. } => here.ask(local_request(&self.owner, method, path, body)?).await,
            Way::Remote { client, server } => remote(client, server, method, path, body).await?,
            Way::Socket(socket) => self.socket(socket, method, path, body).await?,
        };
        if status.is_success() { Ok(Answer { body }) } else { Err(text::api_fault(status, &body)) }
    }

    async fn socket(
        &self,
        socket: &Path,
        method: Method,
        path: &str,
        body: Option<Secret>,
    ) -> Result<(StatusCode, Zeroizing<Vec<u8>>), CliFault> {
        let asked = self.over_socket(socket, method, path, body);
        if path == EXAMINE {
            return asked.await;
        }
        tokio::time::timeout(ANSWERS_WITHIN, asked).await.unwrap_or_else(|_| Err(text::server_too_slow()))
    }

    async fn over_socket(
        &self,
        socket: &Path,
        method: Method,
        path: &str,
        body: Option<Secret>,
    ) -> Result<(StatusCode, Zeroizing<Vec<u8>>), CliFault> {
        let lost = |_| text::server_does_not_answer();
        let stream = UnixStream::connect(socket).await.map_err(|_: io::Error| text::server_does_not_answer())?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
        let connection = tokio::spawn(connection);
        let response = sender.send_request(local_request(&self.owner, method, path, body)?).await.map_err(lost)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LARGEST).collect().await;
        connection.abort();
        let body = body.map_err(|_| text::server_does_not_answer())?.to_bytes();
        Ok((status, Zeroizing::new(body.to_vec())))
    }

    /// Lets what was written here reach the main file. A server elsewhere or beside needs none of that.
    pub(crate) async fn close(self) {
        if let Way::Here { here, .. } = self.way {
            // What was answered is safe in the log file in any case.
            let _ = here.keeper.close().await;
        }
    }

    /// What does the work, if this process does.
    pub(crate) const fn here(&self) -> Option<&Here> {
        match &self.way {
            Way::Here { here, .. } => Some(here),
            Way::Remote { .. } | Way::Socket(_) => None,
        }
    }

    /// Whether the work is done by a server elsewhere.
    pub(crate) const fn is_remote(&self) -> bool {
        matches!(self.way, Way::Remote { .. })
    }

    /// Whether a server has the data directory.
    pub(crate) const fn is_beside_server(&self) -> bool {
        matches!(self.way, Way::Socket(_))
    }
}

/// A request as a caller beside the data directory makes it.
pub(crate) fn local_request(
    owner: &HeaderValue,
    method: Method,
    path: &str,
    body: Option<Secret>,
) -> Result<Request<Full<Bytes>>, CliFault> {
    let request = Request::builder().method(method).uri(path);
    let mut request = request.header(header::HOST, "localhost").header(LOCAL_OWNER, owner.clone());
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let body = body.map_or_else(Bytes::new, |body| Bytes::copy_from_slice(body.expose().as_bytes()));
    request.body(Full::new(body)).map_err(|_| text::strange_answer())
}

async fn remote(
    client: &Client,
    server: &Remote,
    method: Method,
    path: &str,
    body: Option<Secret>,
) -> Result<(StatusCode, Zeroizing<Vec<u8>>), CliFault> {
    let url = format!("{}{path}", server.url.as_str().trim_end_matches('/'));
    let url = Url::parse(&url).map_err(|_| text::strange_answer())?;
    let bearer = Zeroizing::new(format!("Bearer {}", server.key.expose()));
    let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| text::bad_api_key())?;
    bearer.set_sensitive(true);
    let outgoing = Outgoing {
        // As patient as with a token endpoint: the server may be waiting for one.
        purpose: Purpose::Token,
        method,
        url,
        headers: vec![(header::AUTHORIZATION, bearer)],
        body: body.map(Payload::Json),
    };
    let answer = client.send(outgoing).await.map_err(|reason| match reason {
        NoAnswer::Timeout => text::server_too_slow(),
        NoAnswer::Unreachable => text::server_unreachable(),
        _ => text::strange_answer(),
    })?;
    let status = StatusCode::from_u16(answer.status).map_err(|_| text::strange_answer())?;
    Ok((status, answer.body))
}
