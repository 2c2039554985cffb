//! All HTTP channels against a real receiver on loopback.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Mutex,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use grantkeep_core::Secret;
use grantkeep_outbound::Rules;
use url::Url;

use super::*;
use crate::{
    Command, SigningSecret,
    message::tests::{AT, LINK, expiring},
};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{\"ok\":true}";
const GONE: &str = "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const BUSY: &str = "HTTP/1.1 503 x\r\nretry-after: 9\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A receiver that answers every request the same; nothing if that is empty. What it heard.
fn receiver(answer: &'static str) -> (Url, Receiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let (sender, heard) = mpsc::channel();
    thread::spawn(move || {
        let mut open = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let _ = sender.send(read(&mut stream));
            let _ = stream.write_all(answer.as_bytes());
            if answer.is_empty() {
                open.push(stream);
            }
        }
    });
    (url, heard)
}

fn read(stream: &mut TcpStream) -> String {
    let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut piece).unwrap_or(0);
        heard.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&heard).into_owned();
        let announced = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let whole = text.split_once("\r\n\r\n").is_some_and(|(_, body)| Some(body.len()) >= announced);
        if length == 0 || whole {
            return text;
        }
    }
}

/// For a receiver that answers nothing; long enough for one that answers, on whatever machine.
const LIMIT: Duration = Duration::from_secs(5);

/// Every HTTP channel of the receiver at `url`, named by its kind.
fn channels(url: &Url) -> Vec<(ChannelName, Channel)> {
    let at = |path: &str| url.join(path).unwrap();
    let secret = SigningSecret::new(&Secret::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap();
    let mut webhook = Webhook::new(at("/hook/s3cret-hook"), secret, None).unwrap();
    webhook.limit = LIMIT;
    let all = [
        Channel::Gotify(Gotify::new(at("/"), &Secret::from("s3cret-key")).unwrap()),
        Channel::Ntfy(Ntfy::new(at("/s3cret-topic"), Some(&Secret::from("s3cret-token"))).unwrap()),
        Channel::Telegram(Telegram::new(Some(at("/")), Secret::from("12:s3cret-bot"), "7").unwrap()),
        Channel::Webhook(webhook),
    ];
    all.into_iter().map(|channel| (ChannelName::new(channel.kind()).unwrap(), channel)).collect()
}

fn sender(url: &Url) -> Sender {
    let (all, mut rules) = (channels(url), Rules::default());
    for (_, channel) in &all {
        rules.configured(channel.address().unwrap());
    }
    Sender::new(all, Arc::new(Client::new(rules)))
}

#[tokio::test]
async fn each_channel_asks_its_own_way() {
    let (url, heard) = receiver(OK);
    let (sender, message) = (sender(&url), expiring("masha"));
    for (kind, line, further) in [
        ("gotify", "POST /message HTTP/1.1", "x-gotify-key: s3cret-key"),
        ("ntfy", "POST / HTTP/1.1", "authorization: Bearer s3cret-token"),
        ("telegram", "POST /bot12:s3cret-bot/sendMessage HTTP/1.1", "content-type: application/json"),
        ("webhook", "POST /hook/s3cret-hook HTTP/1.1", "webhook-id: n_42-a"),
    ] {
        let delivery = sender.send(&ChannelName::new(kind).unwrap(), &message, AT).await;
        let request = heard.recv().unwrap();
        assert_eq!(delivery, Delivery::Delivered, "{request}");
        assert!(request.starts_with(line) && request.contains(further) && request.contains(LINK), "{request}");
    }
}

#[tokio::test]
async fn what_the_receiver_answers_is_the_outcome() {
    let later = Delivery::Later { after: Some(grantkeep_core::Lifetime::from_seconds(9)), word: "server_error" };
    for (answer, webhook, others) in [(GONE, Delivery::Gone, None), (BUSY, later, Some(later))] {
        let (url, _heard) = receiver(answer);
        let (sender, message) = (sender(&url), expiring("masha"));
        for (name, channel) in sender.channels() {
            let found = sender.send(name, &message, AT).await;
            match (channel, others) {
                (Channel::Webhook(_), _) => assert_eq!(found, webhook),
                (_, Some(others)) => assert_eq!(found, others, "{name}"),
                (_, None) => assert!(!matches!(found, Delivery::Delivered | Delivery::Gone), "{name} {found:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_program_that_takes_its_time_is_not_waited_for() {
    let (url, heard) = receiver("");
    let found = sender(&url).send(&ChannelName::new("webhook").unwrap(), &expiring("masha"), AT).await;
    assert_eq!(found, Delivery::Later { after: None, word: "timeout" });
    assert!(heard.recv().is_ok());
}

#[tokio::test]
async fn a_private_address_that_nobody_allowed_is_not_asked() {
    let (url, heard) = receiver(OK);
    let sender = Sender::new(channels(&url), Arc::new(Client::default()));
    for (name, _) in sender.channels() {
        let found = sender.send(name, &expiring("masha"), AT).await;
        assert_eq!(found, Delivery::Refused("address_not_allowed"), "{name}");
    }
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn a_channel_that_is_not_configured_any_more_is_gone() {
    let name = ChannelName::new("nobody").unwrap();
    assert_eq!(Sender::default().send(&name, &expiring("masha"), AT).await, Delivery::Gone);
}

/// Where a test's log goes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(piece)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_gets_into_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let closed = format!("http://{}", TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap());
    let command = Channel::Command(Command::new("false", vec!["s3cret-argument".to_owned()]).unwrap());
    for url in [receiver(OK).0, receiver(GONE).0, receiver("nonsense\r\n\r\n").0, closed.parse().unwrap()] {
        let mut sender = sender(&url);
        let name = ChannelName::new("command").unwrap();
        sender.channels.insert(name, Channel::Command(Command::new("false", Vec::new()).unwrap()));
        for (name, _) in sender.channels() {
            sender.send(name, &expiring("masha-s3cret"), AT).await;
        }
        tracing::info!(?sender, ?command, "all of it");
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("notice") && log.contains("exit_status"), "{log}");
    for hidden in ["s3cret-hook", "s3cret-key", "s3cret-to", "s3cret-bot", "masha", "t1cket", "MfKQ"] {
        assert!(!log.contains(hidden), "{hidden}\n{log}");
    }
}
