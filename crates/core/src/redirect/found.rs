//! Owns what has been found in a text so far, and the verdict once all of it has been read.
//!
//! Nothing is decided before the end: a second token or an error may stand behind the first token.

use super::{Intake, IntakeFault, Stated, Text};

/// What has been found so far.
#[derive(Default)]
pub(super) struct Found<'a> {
    token: Option<Result<Text<'a>, IntakeFault>>,
    community: Option<u64>,
    lifetime: Option<Option<Stated>>,
    user_id: Option<Option<u64>>,
    state: Option<Text<'a>>,
    has_two_tokens: bool,
    has_repeated: bool,
    was_declined: bool,
    has_error: bool,
}

impl<'a> Found<'a> {
    /// A token, or why it is none.
    pub(super) fn token(&mut self, token: Result<Text<'a>, IntakeFault>, community: Option<u64>) {
        self.has_two_tokens |= self.token.replace(token).is_some();
        self.community = community;
    }

    /// The name of a token without a value.
    pub(super) fn empty_token(&mut self) {
        self.token(Err(IntakeFault::NoToken), None);
    }

    /// `expires_in`, if it could be read.
    pub(super) fn lifetime(&mut self, lifetime: Option<Stated>) {
        self.has_repeated |= self.lifetime.replace(lifetime).is_some();
    }

    /// `user_id`, if it could be read.
    pub(super) fn user_id(&mut self, user_id: Option<u64>) {
        self.has_repeated |= self.user_id.replace(user_id).is_some();
    }

    /// `state`.
    pub(super) fn state(&mut self, state: Text<'a>) {
        self.has_repeated |= self.state.replace(state).is_some();
    }

    /// `error` or one of its details (RFC 6749 §4.2.2.1). An empty one says nothing.
    pub(super) fn error(&mut self, code: &str) {
        self.was_declined |= matches!(code, "access_denied" | "user_denied");
        self.has_error |= !code.is_empty();
    }

    /// The verdict. An error stands above a token beside it: no honest page carries both.
    pub(super) fn conclude(self) -> Result<Intake<'a>, IntakeFault> {
        if self.has_two_tokens {
            return Err(IntakeFault::TwoTokens);
        }
        if self.was_declined {
            return Err(IntakeFault::Declined);
        }
        if self.has_error {
            return Err(IntakeFault::ErrorPage);
        }
        let token = self.token.unwrap_or(Err(IntakeFault::NoToken))?;
        if self.has_repeated {
            return Err(IntakeFault::Repeated);
        }
        Ok(Intake {
            token,
            community: self.community,
            lifetime: self.lifetime.flatten(),
            user_id: self.user_id.flatten(),
            state: self.state,
        })
    }
}
