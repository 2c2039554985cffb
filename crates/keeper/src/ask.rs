//! Owns asking a provider about a token: carries the provider's step machine through the outbound client.

use grantkeep_core::{Secret, TokenKind};
use grantkeep_vk::check::{self, Finding, Step};

use crate::Keeper;

impl Keeper {
    /// What the provider says of `token` now. Never fails: no answer is a finding too.
    pub(crate) async fn ask(&self, token: &Secret, kind: TokenKind) -> Finding {
        let mut step = check::start(&self.vk, token, kind);
        loop {
            match step {
                Step::Done(finding) => {
                    let outcome = finding.outcome.as_str();
                    tracing::debug!(asked = finding.asked, outcome, cause = &*finding.cause, "provider asked");
                    return finding;
                }
                Step::Send(outgoing, waiting) => step = waiting.answered(self.outbound.send(outgoing).await),
            }
        }
    }
}
