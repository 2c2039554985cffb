//! A small mail server on loopback that speaks as much SMTP as a client needs, and misbehaves as told.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use super::*;
use crate::{
    About, Kind,
    message::tests::{AT, HOSTILE, LINK, expiring, message, news},
};

/// All that one client said, line by line.
type Heard = Vec<String>;

/// A server that answers the commands that begin with `to` by `with`, and the others as they should be. With an empty answer it
/// says nothing any more.
fn server(to: &'static str, with: &'static str) -> (u16, Receiver<Heard>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, heard) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            talk(&stream, to, with, &sender);
        }
    });
    (port, heard)
}

fn talk(mut stream: &TcpStream, to: &str, with: &str, sender: &Sender<Heard>) {
    let (mut heard, mut in_data) = (Heard::new(), false);
    stream.write_all(b"220 mail.example.org ESMTP\r\n").unwrap();
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { break };
        let ends_data = in_data && line == ".";
        let answer = match line.split(' ').next().unwrap() {
            _ if in_data && !ends_data => None,
            "." if ends_data => Some("250 taken\r\n"),
            "EHLO" => Some("250-mail.example.org\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n"),
            "AUTH" => Some("235 welcome\r\n"),
            "DATA" => Some("354 go on\r\n"),
            "QUIT" => Some("221 bye\r\n"),
            _ => Some("250 ok\r\n"),
        };
        let misbehaves = answer.is_some() && line.starts_with(to);
        in_data = (in_data && !ends_data) || (line == "DATA" && !misbehaves);
        heard.push(line);
        let answer = if misbehaves { Some(with) } else { answer };
        if answer.is_some_and(|answer| stream.write_all(answer.as_bytes()).is_err()) {
            break;
        }
        if heard.last().is_some_and(|line| line == ".") {
            // Told now: whoever tests may not wait for the farewell.
            let _ = sender.send(heard.clone());
        }
    }
    let _ = sender.send(heard);
}

fn settings(port: u16, security: Security) -> EmailSettings {
    EmailSettings {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        security,
        credentials: None,
        from: "Grantkeep <keep@example.org>".to_owned(),
        to: "Маша <masha@example.net>".to_owned(),
    }
}

fn plain(port: u16) -> Email {
    Email::new(settings(port, Security::None)).unwrap()
}

/// Header lines, unfolded, and the lines of the body.
fn parts(heard: &Heard) -> (Vec<String>, Vec<String>) {
    let start = heard.iter().position(|line| line == "DATA").unwrap() + 1;
    let end = heard.iter().position(|line| line == ".").unwrap();
    let mut headers: Vec<String> = Vec::new();
    let mut lines = heard[start..end].iter();
    for line in lines.by_ref().take_while(|line| !line.is_empty()) {
        match (line.strip_prefix([' ', '\t']), headers.last_mut()) {
            (Some(rest), Some(last)) => *last = format!("{last} {rest}"),
            _ => headers.push(line.clone()),
        }
    }
    (headers, lines.cloned().collect())
}

#[tokio::test]
async fn a_mail_arrives_whole() {
    let (port, heard) = server("nothing", "");
    assert_eq!(plain(port).deliver(&expiring("masha"), AT).await, Delivery::Delivered);
    let heard = heard.recv().unwrap();
    assert!(heard.iter().any(|line| line.starts_with("MAIL FROM:<keep@example.org>")), "{heard:?}");
    assert!(heard.iter().any(|line| line == "RCPT TO:<masha@example.net>"), "{heard:?}");
    assert!(!heard.iter().any(|line| line.starts_with("AUTH")), "{heard:?}");
    let (headers, body) = parts(&heard);
    for header in [
        "From: Grantkeep <keep@example.org>",
        "Subject: vk: the token of masha expires in 2h",
        "Date: Sun, 11 Jan 2026 15:30:00 +0000",
        "Message-ID: <n_42-a@example.org>",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(headers.iter().any(|line| line == header), "{header}\n{headers:#?}");
    }
    assert!(headers.iter().any(|line| line.starts_with("To: =?utf-8?b?") && line.ends_with("<masha@example.net>")));
    assert!(body.iter().any(|line| line == LINK), "{body:#?}");
}

#[tokio::test]
async fn no_name_becomes_a_header_a_command_or_the_end() {
    let hostile = HOSTILE.into_iter().chain(["=?utf-8?q?a=0D=0ABcc:_x?=", "漢字 \u{2028}Bcc: x@evil.example"]);
    for name in hostile {
        let (port, heard) = server("nothing", "");
        let mut one = news(Kind::Dead, name, None, true);
        one.server = Some("a\r\nBcc: x@evil.example\r\n\r\n<b>\r\n.\r\nMAIL FROM:<x@evil.example>".to_owned());
        assert_eq!(plain(port).deliver(&message(About::Credential(one)), AT).await, Delivery::Delivered, "{name}");
        let heard = heard.recv().unwrap();
        let (headers, _) = parts(&heard);
        let names: Vec<&str> = headers.iter().filter_map(|line| Some(line.split_once(':')?.0)).collect();
        let expected = [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "MIME-Version",
            "Content-Type",
            "Content-Transfer-Encoding",
        ];
        assert!(names.iter().all(|name| expected.contains(name)), "{names:?}");
        assert_eq!(names.len(), expected.len(), "{names:?}");
        assert_eq!(heard.iter().filter(|line| line.starts_with("MAIL FROM")).count(), 1, "{heard:#?}");
        assert_eq!(heard.iter().filter(|line| line.starts_with("RCPT TO")).count(), 1, "{heard:#?}");
        assert!(heard.iter().all(|line| line.is_ascii()), "{heard:#?}");
    }
}

#[tokio::test]
async fn a_clear_no_is_one_and_the_rest_is_tried_again() {
    for (to, with, expected) in [
        ("EHLO", "550 no\r\n", Delivery::later("unreachable")),
        ("AUTH", "535 wrong\r\n", Delivery::Refused("unauthorized")),
        ("AUTH", "454 not now\r\n", Delivery::later("unauthorized")),
        ("MAIL", "550 no\r\n", Delivery::Refused("refused")),
        ("RCPT", "450 greylisted\r\n", Delivery::later("refused")),
        ("RCPT", "550 who\r\n", Delivery::Refused("refused")),
        ("DATA", "451 later\r\n", Delivery::later("refused")),
        (".", "552 too large\r\n", Delivery::Refused("refused")),
        (".", "what\r\n", Delivery::later("refused")),
        ("RCPT", "", Delivery::later("timeout")),
    ] {
        let (port, _heard) = server(to, with);
        let mut settings = settings(port, Security::None);
        settings.credentials = Some(("keep".to_owned(), Secret::from("w0rd")));
        let mut email = Email::new(settings).unwrap();
        // Of those that answer none may seem to be late.
        let is_silent = with.is_empty();
        email.limit = if is_silent { Duration::from_millis(1500) } else { email.limit };
        assert_eq!(email.deliver(&expiring("masha"), AT).await, expected, "{to} {with}");
    }
}

#[tokio::test]
async fn a_mail_that_was_taken_is_delivered_though_the_server_does_not_say_goodbye() {
    let (port, _heard) = server("QUIT", "");
    assert_eq!(plain(port).deliver(&expiring("masha"), AT).await, Delivery::Delivered);
}

#[tokio::test]
async fn nothing_is_said_in_plain_text_where_tls_is_asked_for() {
    for (security, word) in [(Security::StartTls, "no_tls"), (Security::Tls, "unreachable")] {
        let (port, heard) = server("nothing", "");
        let mut settings = settings(port, security);
        settings.credentials = Some(("keep".to_owned(), Secret::from("w0rd")));
        let mut email = Email::new(settings).unwrap();
        email.limit = Duration::from_secs(2);
        let delivery = email.deliver(&expiring("masha"), AT).await;
        assert!(
            matches!(delivery, Delivery::Later { word: found, .. } if found == word || found == "timeout"),
            "{delivery:?}"
        );
        let heard = heard.recv().unwrap();
        assert!(!heard.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{heard:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    assert_eq!(plain(port).deliver(&expiring("masha"), AT).await, Delivery::later("unreachable"));
}

#[test]
fn what_is_configured_is_judged_at_once() {
    let with = |change: fn(&mut EmailSettings)| {
        let mut settings = settings(25, Security::Tls);
        change(&mut settings);
        Email::new(settings).err()
    };
    type Row = (fn(&mut EmailSettings), Option<ChannelFault>);
    #[rustfmt::skip]
    let rows: [Row; 16] = [
        (|_| {},                                                                       None),
        (|s| s.host = "smtp.example.org".into(),                                       None),
        (|s| s.host = "::1".into(),                                                    None),
        (|s| s.host = "[::1]".into(),                                                  None),
        (|s| s.host = "".into(),                                                       Some(ChannelFault::Host)),
        (|s| s.host = "smtp.example.org:465".into(),                                   Some(ChannelFault::Host)),
        (|s| s.host = "a b".into(),                                                    Some(ChannelFault::Host)),
        (|s| { s.host = "localhost".into(); s.security = Security::None; },            None),
        (|s| { s.host = "::1".into(); s.security = Security::None; },                  None),
        (|s| { s.host = "10.0.0.1".into(); s.security = Security::None; },             Some(ChannelFault::Plain)),
        (|s| { s.host = "localhost.example".into(); s.security = Security::None; },    Some(ChannelFault::Plain)),
        (|s| s.to = "a@example.org, b@example.org".into(),                             Some(ChannelFault::To)),
        (|s| s.to = "a@example.org\r\nBcc: b@example.org".into(),                      Some(ChannelFault::To)),
        (|s| s.from = "nobody".into(),                                                 Some(ChannelFault::From)),
        (|s| s.credentials = Some(("a".into(), "".into())),                            Some(ChannelFault::Token)),
        (|s| s.credentials = Some(("a\n".into(), "b".into())),                         Some(ChannelFault::User)),
    ];
    for (row, (change, expected)) in rows.into_iter().enumerate() {
        assert_eq!(with(change), expected, "row {row}");
    }
}

#[test]
fn the_password_does_not_show_itself() {
    let mut settings = settings(465, Security::Tls);
    settings.credentials = Some(("keep".to_owned(), Secret::from("s3cret")));
    assert!(!format!("{settings:?}").contains("s3cret"));
    assert!(!format!("{:?}", Email::new(settings).unwrap()).contains("s3cret"));
}
