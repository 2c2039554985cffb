//! The reader of VK's answers, on any bytes as the answer to each call: it never panics, ends, speaks our own words only, and says
//! something clear only when the answer did.

#![no_main]

use grantkeep_core::{Answer, Outcome, Secret, TokenKind};
use grantkeep_vk::{
    Settings,
    check::{self, Step},
};
use libfuzzer_sys::fuzz_target;

const STATUSES: [u16; 4] = [200, 301, 401, 502];

fuzz_target!(|data: &[u8]| {
    for status in STATUSES {
        for kind in [TokenKind::VkUnknown, TokenKind::VkCommunity] {
            carry_through(data, status, kind);
        }
    }
});

fn carry_through(data: &[u8], status: u16, kind: TokenKind) {
    let (settings, token) = (Settings::default(), Secret::from("vk1.a.minted"));
    let mut step = check::start(&settings, &token, kind);
    for _ in 0..3 {
        match step {
            Step::Send(outgoing, waiting) => {
                assert!(outgoing.url.query().is_none());
                let answer = Answer { status, headers: Default::default(), body: data.to_vec().into() };
                step = waiting.answered(Ok(answer));
            }
            Step::Done(finding) => {
                let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
                assert!(!finding.cause.is_empty() && finding.cause.len() < 40 && finding.cause.bytes().all(word));
                let has = |name: &[u8]| data.windows(name.len()).any(|window| window == name);
                // A JSON name may be written with escapes.
                let speaks = has(b"response") || has(b"error") || has(b"\\u");
                assert!(finding.outcome == Outcome::Unclear || speaks, "{finding:?}");
                return;
            }
        }
    }
    panic!("a check takes two calls at most");
}
