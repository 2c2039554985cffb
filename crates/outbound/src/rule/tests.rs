//! Verdicts on URLs, one line each. The hostile ones stand in a file of their own, which the client is tested with.

use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn rules(allowed: &[&str], configured: &[&str]) -> Rules {
    let mut rules = Rules::default();
    for entry in allowed {
        rules.allow(entry.parse().unwrap());
    }
    for base in configured {
        rules.configured(&url(base));
    }
    rules
}

const PUBLIC: Result<Reach, AddressFault> = Ok(Reach::Public);
const ANYWHERE: Result<Reach, AddressFault> = Ok(Reach::Anywhere);

#[test]
fn without_rules_the_public_internet_is_reached_over_tls() {
    for (text, expected) in [
        ("https://mstdn.jp", PUBLIC),
        ("https://MSTDN.jp:443/api/v1/apps?a=b", PUBLIC),
        ("https://mastodon.example.org:8443/", PUBLIC),
        ("https://xn--80akhbyknj4f.xn--p1ai/", PUBLIC),
        ("https://пример.рф/", PUBLIC),
        ("https://1.1.1.1/", PUBLIC),
        ("https://[2606:4700::1111]/", PUBLIC),
        ("https://[64:ff9b::101:101]/", PUBLIC),
        ("https://a-b.1-2.de/", PUBLIC),
        ("https://mstdn.jp2/", Err(AddressFault::Name)),
        ("http://mstdn.jp", Err(AddressFault::Scheme)),
        ("https://localhost", Err(AddressFault::Name)),
        ("http://127.0.0.1:8001", Err(AddressFault::Scheme)),
        ("https://mstdn.jp.", Err(AddressFault::Name)),
        ("https://mstdn.jp:444", Err(AddressFault::Port)),
        ("https://mstdn.jp:1023", Err(AddressFault::Port)),
        ("https://mstdn.jp:1024", PUBLIC),
        ("https://me@mstdn.jp", Err(AddressFault::Credentials)),
    ] {
        assert_eq!(Rules::default().judge(&url(text)), expected, "{text}");
    }
}

#[test]
fn an_allowed_host_may_be_private_and_plain() {
    let rules = rules(&["mast.lan", "gts.lan:8443", "10.0.0.5", "[fd00::1]:3000", "one_label"], &[]);
    for (text, expected) in [
        ("https://mast.lan/", ANYWHERE),
        ("http://mast.lan/", ANYWHERE),
        ("http://MAST.lan:3000/", ANYWHERE),
        ("https://mast.lan:22/", ANYWHERE),
        ("https://gts.lan:8443/", ANYWHERE),
        ("http://gts.lan:8443/", ANYWHERE),
        ("https://gts.lan/", Err(AddressFault::Name)),
        ("http://gts.lan/", Err(AddressFault::Scheme)),
        ("http://10.0.0.5/", ANYWHERE),
        ("http://0xa.5:9/", ANYWHERE), // the same address
        ("https://10.0.0.6/", Err(AddressFault::Inside)),
        ("https://[::ffff:10.0.0.5]/", Err(AddressFault::Inside)),
        ("http://[fd00::1]:3000/", ANYWHERE),
        ("http://[fd00:0:0::1]:3000/", ANYWHERE),
        ("https://[fd00::1]/", Err(AddressFault::Inside)),
        ("http://one_label/", ANYWHERE),
        ("https://other_label/", Err(AddressFault::Name)),
        ("https://a.mast.lan/", Err(AddressFault::Name)),
        ("https://mast.lan.evil.example.org/", PUBLIC),
        ("https://mast.lan./", Err(AddressFault::Name)),
        ("https://me:x@mast.lan/", Err(AddressFault::Credentials)),
        ("ftp://mast.lan/", Err(AddressFault::Scheme)),
        ("https://mstdn.jp/", PUBLIC),
    ] {
        assert_eq!(rules.judge(&url(text)), expected, "{text}");
    }
}

#[test]
fn a_configured_origin_may_be_this_machine_and_nothing_beside_it() {
    let rules = rules(
        &[],
        &[
            "http://127.0.0.1:8001",
            "http://localhost:9000/x",
            "https://id.example.org:444/y",
            "https://10.0.0.9",
            "http://mast.example.org",
        ],
    );
    for (text, expected) in [
        ("http://127.0.0.1:8001/method/users.get", ANYWHERE),
        ("http://127.0.0.1:8002/", Err(AddressFault::Scheme)),
        ("http://127.0.0.1/", Err(AddressFault::Scheme)),
        ("https://127.0.0.1:8001/", Err(AddressFault::Inside)),
        ("http://127.0.0.2:8001/", Err(AddressFault::Scheme)),
        ("http://localhost:8001/", Err(AddressFault::Scheme)),
        ("http://localhost:9000/", ANYWHERE),
        ("https://localhost:9000/", Err(AddressFault::Name)),
        ("http://[::1]:8001/", Err(AddressFault::Scheme)),
        ("https://id.example.org:444/z", PUBLIC),
        ("https://id.example.org:445/z", Err(AddressFault::Port)),
        ("https://10.0.0.9/", Err(AddressFault::Inside)), // private: it must be allowed
        ("http://mast.example.org/", Err(AddressFault::Scheme)),
        ("https://mstdn.jp/", PUBLIC),
    ] {
        assert_eq!(rules.judge(&url(text)), expected, "{text}");
    }
}

#[test]
fn a_sandbox_reaches_nothing_else() {
    let mut rules = rules(&["mast.lan"], &["http://127.0.0.1:8001", "https://id.example.org"]);
    rules.nothing_else();
    for (text, expected) in [
        ("http://127.0.0.1:8001/", ANYWHERE),
        ("http://mast.lan/", ANYWHERE),
        ("https://id.example.org/", PUBLIC),
        ("https://id.example.org:8443/", Err(AddressFault::Unnamed)),
        ("https://api.vk.ru/", Err(AddressFault::Unnamed)),
        ("https://10.0.0.1/", Err(AddressFault::Unnamed)),
        ("http://127.0.0.1:8002/", Err(AddressFault::Unnamed)),
    ] {
        assert_eq!(rules.judge(&url(text)), expected, "{text}");
    }
}

#[test]
fn the_own_server_is_the_only_one_and_may_be_private() {
    for (base, text, expected) in [
        ("https://keep.lan/base", "https://keep.lan/base/api", ANYWHERE),
        ("https://keep.lan:22", "https://keep.lan:22/api", ANYWHERE),
        ("https://192.168.1.2:8000", "https://192.168.1.2:8000/api", ANYWHERE),
        ("http://localhost:8000", "http://localhost:8000/api", ANYWHERE),
        ("https://keep.lan", "https://keep.lan:8443/", Err(AddressFault::Unnamed)),
        ("https://keep.lan", "http://keep.lan/", Err(AddressFault::Unnamed)),
        ("https://keep.lan", "https://mstdn.jp/", Err(AddressFault::Unnamed)),
        ("http://keep.lan", "http://keep.lan/", Err(AddressFault::Unnamed)),
    ] {
        assert_eq!(Rules::own_server(&url(base)).judge(&url(text)), expected, "{base} {text}");
    }
}

#[test]
fn an_entry_is_one_host() {
    for (text, expected) in [
        ("mast.lan", Ok(("mast.lan", None))),
        (" Mast.LAN:8443 ", Ok(("mast.lan", Some(8443)))),
        ("mast", Ok(("mast", None))),
        ("my_mastodon:3000", Ok(("my_mastodon", Some(3000)))),
        ("пример.рф", Ok(("xn--e1afmkfd.xn--p1ai", None))),
        ("10.0.0.5", Ok(("10.0.0.5", None))),
        ("10.5:80", Ok(("10.0.0.5", Some(80)))),
        ("fd00::1", Ok(("[fd00::1]", None))),
        ("::ffff:10.0.0.5", Ok(("[::ffff:a00:5]", None))),
        ("[fd00::1]", Ok(("[fd00::1]", None))),
        ("[FD00:0::1]:3000", Ok(("[fd00::1]", Some(3000)))),
        ("https://mast.lan", Err(AllowFault::Url)),
        ("mast.lan/", Err(AllowFault::Url)),
        ("10.0.0.0/8", Err(AllowFault::Url)),
        ("mast.lan?x", Err(AllowFault::Url)),
        ("mast.lan#x", Err(AllowFault::Url)),
        ("mast\\lan", Err(AllowFault::Url)),
        ("me@mast.lan", Err(AllowFault::Credentials)),
        ("*", Err(AllowFault::Wildcard)),
        ("*.lan", Err(AllowFault::Wildcard)),
        ("10.0.0.*", Err(AllowFault::Wildcard)),
        ("", Err(AllowFault::Host)),
        (":80", Err(AllowFault::Host)),
        ("mast.lan.", Err(AllowFault::Host)),
        (".lan", Err(AllowFault::Host)),
        ("mast lan", Err(AllowFault::Host)),
        ("mast,lan", Err(AllowFault::Host)),
        ("m%61st.lan", Err(AllowFault::Host)),
        ("[fe80::1%25eth0]", Err(AllowFault::Host)),
        ("[fd00::1", Err(AllowFault::Host)),
        ("10.0.0.256", Err(AllowFault::Host)),
        ("mast.lan:", Err(AllowFault::Port)),
        ("mast.lan:0", Err(AllowFault::Port)),
        ("mast.lan:+80", Err(AllowFault::Port)),
        ("mast.lan:65536", Err(AllowFault::Port)),
        ("mast.lan:https", Err(AllowFault::Port)),
    ] {
        let entry = text.parse::<AllowEntry>();
        let entry = entry.as_ref().map(|entry| (entry.host.as_str(), entry.port)).map_err(|fault| *fault);
        assert_eq!(entry, expected, "{text}");
    }
}
