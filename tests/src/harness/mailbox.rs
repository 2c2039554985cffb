//! Owns a mail server on loopback, as much of SMTP (RFC 5321) as takes mails without TLS and passwords.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A mail server that keeps what it is given.
#[derive(Clone, Debug)]
pub struct Mailbox {
    /// Its port.
    pub port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
}

/// A mail that came.
#[derive(Clone, Debug)]
pub struct Mail {
    /// As the envelope says.
    pub to: String,
    head: String,
    /// What a person reads, one line after the other.
    pub text: String,
}

impl Mailbox {
    /// One at a port of its own.
    pub fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mailbox = Self { port: listener.local_addr().unwrap().port(), mails: Arc::default() };
        let own = mailbox.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                // Whoever goes away too soon has sent nothing.
                thread::spawn(move || own.serve(stream));
            }
        });
        mailbox
    }

    /// Everything that came, in its order.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        let (mut line, mut to) = (String::new(), String::new());
        reader.get_mut().write_all(b"220 mail.test ESMTP\r\n")?;
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let verb = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
            let answer = match verb.as_str() {
                "DATA" => {
                    reader.get_mut().write_all(b"354 go on\r\n")?;
                    let mail = Mail::parse(&to, &data(&mut reader)?);
                    self.mails.lock().unwrap().push(mail);
                    "250 kept"
                }
                "QUIT" => "221 farewell",
                "RCPT" => {
                    line.trim_end().clone_into(&mut to);
                    "250 known"
                }
                "EHLO" | "HELO" | "MAIL" | "NOOP" | "RSET" => "250 mail.test",
                _ => "500 what?",
            };
            write!(reader.get_mut(), "{answer}\r\n")?;
        }
    }
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::new()
    }
}

/// Everything up to the line with the full stop.
fn data(reader: &mut impl BufRead) -> io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

impl Mail {
    fn parse(to: &str, text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        // A header's further lines begin with a space (RFC 5322 §2.2.3).
        let mail = Self { to: to.to_owned(), head: head.replace("\r\n ", " "), text: body.replace("\r\n", "\n") };
        match mail.header("Content-Transfer-Encoding") {
            "quoted-printable" => Self { text: unquoted(&mail.text), ..mail },
            "7bit" => mail,
            other => panic!("a mail in {other}"),
        }
    }

    /// The value of a header; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.trim())
    }
}

/// Quoted-printable (RFC 2045 §6.7) of ASCII as text.
fn unquoted(text: &str) -> String {
    let mut pieces = text.split('=');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let byte = piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            Some(byte) => {
                plain.push(char::from(byte));
                plain.push_str(&piece[2..]);
            }
            None => plain.push_str(piece.trim_start_matches('\n')),
        }
    }
    plain
}
