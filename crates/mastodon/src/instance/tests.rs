//! What people type, a line each, and what any text comes to.

use proptest::prelude::*;

use super::*;

fn print(text: &str) -> String {
    match read(text) {
        Ok(typed) => {
            let user = typed.user.map(|user| format!(" {user}")).unwrap_or_default();
            let warned = if typed.server.is_punycode() { " punycode" } else { "" };
            format!("{}{user}{warned}", typed.server.as_str())
        }
        Err(fault) => format!("{fault:?}"),
    }
}

#[test]
fn servers_are_named_in_many_ways() {
    #[rustfmt::skip]
    let table = [
        ("mstdn.jp",                              "mstdn.jp"),
        ("  mstdn.jp\r\n",                        "mstdn.jp"),
        ("\u{feff}mstdn.jp\u{200b}",              "mstdn.jp"),
        ("MSTDN.JP",                              "mstdn.jp"),
        ("mstdn.jp.",                             "mstdn.jp"),
        ("mstdn.jp/",                             "mstdn.jp"),
        ("mstdn.jp:443",                          "mstdn.jp"),
        ("mstdn.jp:8443",                         "mstdn.jp:8443"),
        ("mstdn.jp.:8443",                        "mstdn.jp:8443"),
        ("mstdn.jp:",                             "mstdn.jp"),
        ("mstdn.jp/@me",                          "mstdn.jp me"),
        ("mstdn.jp?a=b@c",                        "mstdn.jp"),
        ("@me@mstdn.jp",                          "mstdn.jp me"),
        ("me@mstdn.jp",                           "mstdn.jp me"),
        ("acct:me@mstdn.jp",                      "mstdn.jp me"),
        ("@Me_2.x-y@MSTDN.jp",                    "mstdn.jp Me_2.x-y"),
        ("@me@mstdn.jp:8443",                     "mstdn.jp:8443 me"),
        ("https://mstdn.jp",                      "mstdn.jp"),
        ("HTTPS://mstdn.jp/about",                "mstdn.jp"),
        ("https://mstdn.jp/@me",                  "mstdn.jp me"),
        ("https://mstdn.jp/@me/109501203",        "mstdn.jp me"),
        ("https://mstdn.jp/@me?lang=ja#x",        "mstdn.jp me"),
        // A stranger's page as one server shows it: that server is meant, and nobody of it.
        ("https://mstdn.jp/@you@pawoo.net",       "mstdn.jp"),
        ("https://mstdn.jp/web/@me",              "mstdn.jp"),
        ("https://mstdn.jp:443/",                 "mstdn.jp"),
        ("http://mstdn.jp",                       "http://mstdn.jp"),
        ("http://mstdn.jp:80",                    "http://mstdn.jp"),
        ("http://mstdn.jp:443",                   "http://mstdn.jp:443"),
        ("http://127.0.0.1:8003",                 "http://127.0.0.1:8003"),
        ("http://127.0.0.1:8003/@me",             "http://127.0.0.1:8003 me"),
        ("http://[::1]:8003",                     "http://[::1]:8003"),
        ("[::1]:8003",                            "[::1]:8003"),
        ("http://mast",                           "http://mast"),
        ("https://mast",                          "mast"),
        ("localhost:3000",                        "localhost:3000"),
        ("10.0.0.1",                              "10.0.0.1"),
        ("a_b.example",                           "a_b.example"),
        ("bücher.example",                        "xn--bcher-kva.example punycode"),
        ("@me@BÜCHER.example",                    "xn--bcher-kva.example me punycode"),
        ("xn--bcher-kva.example",                 "xn--bcher-kva.example punycode"),
        ("https://mastodоn.social",               "xn--mastodn-fjg.social punycode"),
        ("социальная.рф",                         "xn--80aawnkcu5b5c6a.xn--p1ai punycode"),
        ("ｍｓｔｄｎ．ｊｐ",                        "mstdn.jp"),
    ];
    for (text, expected) in table {
        assert_eq!(print(text), expected, "{text:?}");
    }
}

#[test]
fn what_names_no_server_or_hides_one_is_refused() {
    #[rustfmt::skip]
    let table = [
        ("",                                      "Empty"),
        (" \t\u{200b}",                           "Empty"),
        ("https://",                              "Empty"),
        ("https:///mstdn.jp",                     "Empty"),
        ("//mstdn.jp",                            "Empty"),
        ("@",                                     "HandleAlone"),
        ("@me",                                   "HandleAlone"),
        ("@mstdn.jp",                             "HandleAlone"),
        ("me@",                                   "Empty"),
        ("@@mstdn.jp",                            "UserInfo"),
        ("@me@@mstdn.jp",                         "UserInfo"),
        ("a@b@mstdn.jp",                          "UserInfo"),
        ("me:secret@mstdn.jp",                    "UserInfo"),
        ("https://me@mstdn.jp",                   "UserInfo"),
        ("https://me:secret@mstdn.jp/",           "UserInfo"),
        ("https://mstdn.jp@evil.example",         "UserInfo"),
        ("https://@mstdn.jp",                     "UserInfo"),
        ("mstdn.jp\\@evil.example",               "Backslash"),
        ("https:\\\\mstdn.jp",                    "Backslash"),
        ("https://mstdn.jp\\.evil.example",       "Backslash"),
        ("https://mstdn%2ejp",                    "Encoded"),
        ("https://127.0.0.1%2f@mstdn.jp",         "UserInfo"),
        ("mstdn .jp",                             "Invisible"),
        ("mst\u{200b}dn.jp",                      "Invisible"),
        ("mst\u{ad}dn.jp",                        "Invisible"),
        ("mst\tdn.jp",                            "Invisible"),
        ("mstdn.jp\0",                            "mstdn.jp"),
        ("mstdn\u{202e}.jp",                      "Invisible"),
        ("mstdn",                                 "NoDot"),
        ("me",                                    "NoDot"),
        ("ftp://mstdn.jp",                        "Scheme"),
        ("javascript://mstdn.jp",                 "Scheme"),
        ("file:///etc/passwd",                    "Scheme"),
        ("https:mstdn.jp",                        "Scheme"),
        ("https:/mstdn.jp",                       "Scheme"),
        ("mstdn.jp:0",                            "Server(Port)"),
        ("mstdn.jp:65536",                        "Server(Port)"),
        ("mstdn.jp:+80",                          "Server(Port)"),
        ("mstdn.jp:80:80",                        "Server(Port)"),
        ("mstdn..jp",                             "Server(Host)"),
        ("mstdn.jp..",                            "Server(Host)"),
        (".mstdn.jp",                             "Server(Host)"),
        ("-a.example",                            "Server(Host)"),
        ("https://a<b.example",                   "Server(Host)"),
        ("https://*.example",                     "Server(Host)"),
        ("https://a,b.example",                   "Server(Host)"),
        ("https://xn--0.example",                 "Server(Host)"),
        ("https://1.2.3.256",                     "Server(Host)"),
        ("https://[::1",                          "Server(Port)"),
        ("https://[::1]x",                        "Server(Host)"),
        ("https://[fe80::1%25eth0]",              "Encoded"),
        ("https://0x7f.1",                        "Server(OddAddress)"),
        ("https://2130706433",                    "Server(OddAddress)"),
        ("https://0177.0.0.1",                    "Server(OddAddress)"),
        ("https://127.1",                         "Server(OddAddress)"),
        ("127.0.0.1.",                            "127.0.0.1"),
        ("https://１２７.0.0.1",                   "Server(OddAddress)"),
        ("https://[0:0:0:0:0:0:0:1]",             "Server(OddAddress)"),
        ("https://[::ffff:10.0.0.1]",             "Server(OddAddress)"),
    ];
    for (text, expected) in table {
        assert_eq!(print(text), expected, "{text:?}");
    }
}

#[test]
fn hosts_have_at_most_253_characters() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(longest.len(), 253);
    assert_eq!(print(&longest), longest);
    assert_eq!(print(&format!("{longest}.")), longest);
    assert_eq!(print(&format!("{longest}a")), "Server(TooLong)");
    assert_eq!(print(&format!("a{label}.example")), "Server(TooLong)");
    assert_eq!(print(&format!("https://mstdn.jp/{}", "a".repeat(1000))), "mstdn.jp");
    assert_eq!(print(&"a.".repeat(1025)), "TooLong");
}

#[test]
fn servers_have_a_name_a_row_and_urls() {
    #[rustfmt::skip]
    let table = [
        ("mstdn.jp",              "mstdn.jp",       "https://mstdn.jp/oauth/token"),
        ("mstdn.jp:8443",         "mstdn.jp:8443",  "https://mstdn.jp:8443/oauth/token"),
        ("http://127.0.0.1:8003", "127.0.0.1:8003", "http://127.0.0.1:8003/oauth/token"),
        ("http://mast.lan",       "mast.lan:80",    "http://mast.lan/oauth/token"),
        ("[::1]:8443",            "[::1]:8443",     "https://[::1]:8443/oauth/token"),
    ];
    for (kept, name, url) in table {
        let server = Server::from_kept(kept).unwrap();
        assert_eq!((server.as_str(), server.name().as_str()), (kept, name));
        assert_eq!(server.url("/oauth/token").as_str(), url);
        assert_eq!(Server::of(&server.url("/a?b=c")), Some(server));
    }
    assert_eq!(
        Server::from_kept("mstdn.jp").unwrap().url("/x?resource=a%40b").as_str(),
        "https://mstdn.jp/x?resource=a%40b"
    );
}

#[test]
fn only_what_was_kept_reads_back() {
    for text in
        ["", "MSTDN.jp", "mstdn.jp.", "mstdn.jp:443", "https://mstdn.jp", "http://mstdn.jp:80", "mstdn.jp/", "a b"]
    {
        assert_eq!(Server::from_kept(text), None, "{text:?}");
    }
}

/// Texts that look like what people type, and like what they should not.
fn typed() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "@",
        "me",
        "mstdn",
        ".",
        "jp",
        "://",
        "https",
        "http",
        ":",
        "8443",
        "/",
        "\\",
        "%2e",
        "xn--",
        "bcher-kva",
        "ü",
        "о",
        "。",
        "[",
        "::1",
        "]",
        "127",
        "0x7f",
        "-",
        "_",
        " ",
        "\u{200b}",
        "?",
        "#",
        "acct:",
        "A",
        "０",
    ]);
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A text as a host name would be spelled: what the text must have held.
fn spelled(text: &str) -> String {
    text.to_lowercase().replace(['。', '．', '｡'], ".")
}

proptest! {
    #[test]
    fn any_text_is_a_server_or_a_reason(text in prop_oneof![any::<String>(), typed()]) {
        match read(&text) {
            Err(fault) => prop_assert!(!fault.to_string().is_empty() && !fault.advice().is_empty()),
            Ok(Typed { server, user }) => {
                prop_assert_eq!(Server::from_kept(server.as_str()), Some(server.clone()));
                prop_assert_eq!(read(server.as_str()).ok().map(|again| again.server), Some(server.clone()).filter(|server| {
                    // A single word is a server only behind its scheme.
                    server.name().contains(['.', '[']) || !server.is_https() || server.name().starts_with("localhost")
                }));
                let url = server.url("/x");
                prop_assert!(url.username().is_empty() && url.password().is_none() && url.path() == "/x");
                prop_assert!(user.is_none_or(|user| text.contains(&*user)));
                let name = server.origin().host_str().unwrap().to_owned();
                prop_assert!(name.len() <= 253 && name.is_ascii());
                if text.is_ascii() {
                    prop_assert!(spelled(&text).contains(&name), "{} out of {:?}", name, text);
                }
            }
        }
    }

    #[test]
    fn a_host_that_comes_out_stood_in_the_text(
        label in "[a-z0-9]{1,12}", top in "[a-z]{2,6}", user in "[a-z0-9_]{1,9}", port in proptest::option::of(1_u16..),
        form in 0_usize..6,
    ) {
        let host = format!("{label}.{top}");
        let port_text = port.map(|port| format!(":{port}")).unwrap_or_default();
        let authority = format!("{host}{port_text}");
        let text = match form {
            0 => authority.clone(),
            1 => format!("https://{authority}/@{user}"),
            2 => format!("@{user}@{authority}"),
            3 => format!(" {user}@{} ", authority.to_uppercase()),
            4 => format!("HTTPS://{authority}/about?x=y"),
            _ => format!("{authority}/"),
        };
        let typed = read(&text).map_err(|fault| TestCaseError::fail(format!("{text}: {fault}")))?;
        let kept = match port {
            None | Some(443) => host,
            Some(port) => format!("{host}:{port}"),
        };
        prop_assert_eq!(typed.server.as_str(), kept);
    }
}
